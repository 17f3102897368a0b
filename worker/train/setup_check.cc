#include "worker/train/setup_check.h"

#include <algorithm>
#include <variant>

#include "absl/strings/str_cat.h"

namespace hpsearch::train {
namespace {

absl::Status CheckRows(const data::Split& split, const std::vector<std::uint32_t>& rows, const char* part) {
  if (rows.empty()) return absl::InvalidArgumentError(absl::StrCat("the ", part, " part has no rows"));
  const data::Part& data = split.dataset->train;
  const bool regression = split.task == model::Task::kRegression;
  for (const std::uint32_t row : rows) {
    if (row >= (regression ? data.targets.size() : data.labels.size())) {
      return absl::InvalidArgumentError(absl::StrCat("the ", part, " part names row ", row, " of ", data.rows()));
    }
    if (regression) continue;
    if (split.label_map[data.labels[row]] >= split.classes) {
      return absl::InvalidArgumentError(absl::StrCat("row ", row, " of the ", part, " part has label ",
                                                     split.label_map[data.labels[row]], " of ", split.classes,
                                                     " classes"));
    }
  }
  return absl::OkStatus();
}

absl::Status CheckData(const TrialSetup& setup) {
  const data::Split& split = setup.split;
  if (split.dataset == nullptr) return absl::InvalidArgumentError("there is no data set");
  if (split.label_map.size() != 256) return absl::InvalidArgumentError("the label map has not 256 entries");
  const std::int64_t width = model::Elements(setup.network.src);
  const std::int64_t rows = split.dataset->train.rows();
  if (width < 1 || split.dataset->train.elements() != width * rows) {
    return absl::InvalidArgumentError(absl::StrCat("samples are ", model::ToString(split.dataset->shape.sample),
                                                   ", the network takes ", model::ToString(setup.network.src)));
  }
  if (!split.scaling.has_value() && !split.dataset->of_bytes()) {
    return absl::InvalidArgumentError("features that are no bytes have no scaling");
  }
  if (split.scaling.has_value() && (static_cast<std::int64_t>(split.scaling->shift.size()) != width ||
                                    split.scaling->scale.size() != split.scaling->shift.size())) {
    return absl::InvalidArgumentError("the scaling has not as many features as the samples");
  }
  if (absl::Status status = CheckRows(split, split.training, "training"); !status.ok()) return status;
  return CheckRows(split, split.validation, "validation");
}

absl::Status CheckRegression(const TrialSetup& setup) {
  if (TaskOf(LossFor(setup.training, setup.network)) != model::Task::kRegression) {
    return absl::InvalidArgumentError(
        "the network ends neither with a softmax nor with a sigmoid, which cross-entropies take");
  }
  if (setup.network.OutputUnits() != 1) {
    return absl::InvalidArgumentError(
        absl::StrCat("a regression learns one number, not ", setup.network.OutputUnits()));
  }
  if (!setup.training.schedule.has_value()) return absl::OkStatus();
  const auto* plateau = std::get_if<model::ReduceOnPlateau>(&*setup.training.schedule);
  const bool of_error = plateau != nullptr && (plateau->monitor == model::Monitor::kValidationError ||
                                               plateau->monitor == model::Monitor::kTrainError);
  return of_error ? absl::InvalidArgumentError("a regression has no error for a plateau to monitor")
                  : absl::OkStatus();
}

absl::Status CheckLoss(const TrialSetup& setup) {
  const std::int64_t units = setup.network.OutputUnits();
  switch (setup.network.OutputActivation()) {
    case model::ActivationKind::kSoftmax:
      if (setup.training.loss.value_or(model::Loss::kCrossEntropy) != model::Loss::kCrossEntropy) {
        return absl::InvalidArgumentError("a softmax is trained with cross_entropy");
      }
      if (units < setup.split.classes) {
        return absl::InvalidArgumentError(
            absl::StrCat("the softmax has ", units, " units for ", setup.split.classes, " classes"));
      }
      return absl::OkStatus();
    case model::ActivationKind::kSigmoid:
      if (setup.training.loss.value_or(model::Loss::kBinaryCrossEntropy) != model::Loss::kBinaryCrossEntropy) {
        return absl::InvalidArgumentError("a sigmoid is trained with binary_cross_entropy");
      }
      if (units != 1 || setup.split.classes != 2) {
        return absl::InvalidArgumentError(
            absl::StrCat("binary_cross_entropy takes one sigmoid unit and two classes, not ", units, " and ",
                         setup.split.classes));
      }
      return absl::OkStatus();
    default:
      return CheckRegression(setup);
  }
}

absl::Status CheckTask(const TrialSetup& setup) {
  const model::Task task = TaskOf(LossFor(setup.training, setup.network));
  if (task != setup.split.task) {
    return absl::InvalidArgumentError(
        task == model::Task::kRegression
            ? "a regression is trained on numbers, and these are rows of classes"
            : "a classification is trained on classes, and these are rows of numbers");
  }
  for (const model::Metric metric : setup.training.metrics) {
    const std::string& name = model::MetricNames()[static_cast<std::size_t>(metric)];
    if (TaskOf(metric) != task) {
      return absl::InvalidArgumentError(absl::StrCat(name, " is no metric of what is learnt"));
    }
    if (metric == model::Metric::kTop5Error && setup.network.OutputUnits() < model::kTop5Units) {
      return absl::InvalidArgumentError(absl::StrCat("top5_error of ", setup.network.OutputUnits(), " units"));
    }
  }
  return absl::OkStatus();
}

absl::Status CheckSchedule(const model::Training& training) {
  if (!training.schedule.has_value()) return absl::OkStatus();
  const auto* cosine = std::get_if<model::CosineDecay>(&*training.schedule);
  if (cosine == nullptr || cosine->warmup_epochs < cosine->epochs.value_or(training.epochs))
    return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat("a warm-up of ", cosine->warmup_epochs,
                                                 " epochs in a schedule of ",
                                                 cosine->epochs.value_or(training.epochs)));
}

absl::Status CheckMemory(const TrialSetup& setup) {
  const std::int64_t rows =
      std::min(setup.training.batch_size, static_cast<std::int64_t>(setup.split.training.size()));
  const std::int64_t values = ValuesOf(setup.network);
  if (values <= model::kMostBatchValues / rows) return absl::OkStatus();
  return absl::ResourceExhaustedError(absl::StrCat("a batch of ", rows, " rows of ", values,
                                                   " values, sample and layers together; at most ",
                                                   model::kMostBatchValues, " are held in memory"));
}

}  // namespace

std::int64_t ValuesOf(const model::Network& network) {
  std::int64_t values = model::Elements(network.src);
  for (const model::Layer& layer : network.layers) values += model::Elements(layer.dst);
  return values;
}

absl::Status CheckSetup(const TrialSetup& setup) {
  if (setup.training.batch_size < 1) {
    return absl::InvalidArgumentError(absl::StrCat("a batch of ", setup.training.batch_size, " rows"));
  }
  if (absl::Status status = CheckData(setup); !status.ok()) return status;
  if (absl::Status status = CheckLoss(setup); !status.ok()) return status;
  if (absl::Status status = CheckTask(setup); !status.ok()) return status;
  if (absl::Status status = CheckSchedule(setup.training); !status.ok()) return status;
  return CheckMemory(setup);
}

}  // namespace hpsearch::train
