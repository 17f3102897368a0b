#include "server/study/curve.h"

#include <fmt/format.h>

#include <cmath>
#include <limits>
#include <utility>

namespace hpsearch::study {
namespace {

bool IsFraction(double value) { return std::isnan(value) || (value >= 0 && value <= 1); }

double OneNan(double value) { return std::isfinite(value) ? value : std::numeric_limits<double>::quiet_NaN(); }

bool IsCount(double value) { return std::isnan(value) || (std::isfinite(value) && value >= 0); }

// Whether the epoch tells of each metric, of one part and then the other, and of no other.
bool TellsOf(const EpochRecord& epoch, const std::vector<model::Metric>& metrics) {
  if (epoch.metrics.size() != 2 * metrics.size()) return false;
  for (std::size_t i = 0; i < epoch.metrics.size(); ++i) {
    const bool train = i < metrics.size();
    const model::PartMetric wanted = {train ? model::MetricPart::kTrain : model::MetricPart::kValidation,
                                      metrics[train ? i : i - metrics.size()]};
    if (epoch.metrics[i].metric != wanted) return false;
  }
  return true;
}

// Norms, rate, and the metrics that the study asks for.
absl::Status CheckAdded(const EpochRecord& epoch, const std::vector<model::Metric>& metrics) {
  if (!IsCount(epoch.gradient_norm) || !IsCount(epoch.weight_norm) || !IsCount(epoch.samples_per_second)) {
    return absl::InvalidArgumentError(
        fmt::format("epoch {} has norms {} and {} and {} samples a second; finite numbers from 0 are wanted",
                    epoch.epoch, epoch.gradient_norm, epoch.weight_norm, epoch.samples_per_second));
  }
  if (!TellsOf(epoch, metrics)) {
    return absl::InvalidArgumentError(
        fmt::format("epoch {} has {} metrics; those of the study's training.metrics are wanted, {} of each part",
                    epoch.epoch, epoch.metrics.size(), metrics.size()));
  }
  for (const MetricValue& each : epoch.metrics) {
    const bool fraction = TaskOf(each.metric.metric) == model::Task::kClassification;
    if (!fraction || IsFraction(each.value)) continue;
    return absl::InvalidArgumentError(fmt::format("{} of epoch {} is {}; a fraction from 0 to 1 is wanted",
                                                  MetricName(each.metric.part, each.metric.metric), epoch.epoch,
                                                  each.value));
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status CheckReport(const OpenTrial& trial, const std::vector<model::Metric>& metrics,
                         const std::vector<EpochRecord>& epochs) {
  std::int64_t follows = trial.reported;
  bool first = true;
  for (const EpochRecord& epoch : epochs) {
    if (epoch.epoch < 1 || epoch.epoch > trial.record.epochs_planned) {
      return absl::InvalidArgumentError(
          fmt::format("epoch {} is reported of a trial of {} epochs", epoch.epoch, trial.record.epochs_planned));
    }
    if (first ? epoch.epoch > follows + 1 : epoch.epoch != follows + 1) {
      return absl::InvalidArgumentError(
          fmt::format("epoch {} is reported where {} would follow", epoch.epoch, follows + 1));
    }
    if (!IsFraction(epoch.train_error) || !IsFraction(epoch.validation_error)) {
      return absl::InvalidArgumentError(
          fmt::format("an error of epoch {} is {} and {}; fractions from 0 to 1 are wanted", epoch.epoch,
                      epoch.train_error, epoch.validation_error));
    }
    if (!std::isfinite(epoch.learning_rate) || !std::isfinite(epoch.seconds) || epoch.seconds < 0) {
      return absl::InvalidArgumentError(fmt::format(
          "epoch {} has learning rate {} and took {} seconds; finite numbers and a time from 0 are wanted",
          epoch.epoch, epoch.learning_rate, epoch.seconds));
    }
    if (absl::Status status = CheckAdded(epoch, metrics); !status.ok()) return status;
    follows = epoch.epoch;
    first = false;
  }
  return absl::OkStatus();
}

Continuation Continue(const OpenTrial& trial, std::vector<EpochRecord> epochs, Micros now) {
  Continuation continuation;
  const auto known = static_cast<std::int64_t>(trial.epochs.size());
  for (EpochRecord& epoch : epochs) {
    epoch.train_loss = OneNan(epoch.train_loss);
    epoch.train_error = OneNan(epoch.train_error);
    epoch.validation_loss = OneNan(epoch.validation_loss);
    epoch.validation_error = OneNan(epoch.validation_error);
    for (MetricValue& each : epoch.metrics) each.value = OneNan(each.value);
    epoch.reported_at = now;
    if (epoch.epoch > known) {
      continuation.fresh.push_back(epoch);
    } else if (!SameResult(trial.epochs[epoch.epoch - 1], epoch)) {
      continuation.differs = epoch.epoch;
      break;
    }
  }
  return continuation;
}

}  // namespace hpsearch::study
