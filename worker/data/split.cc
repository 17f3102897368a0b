#include "worker/data/split.h"

#include <algorithm>
#include <array>
#include <numeric>
#include <optional>
#include <utility>

#include "absl/status/status.h"
#include "fmt/format.h"
#include "fmt/ranges.h"
#include "server/model/training.h"
#include "worker/data/row_split.h"

namespace hpsearch::data {
namespace {

struct Selection {
  std::int64_t classes = 0;
  std::array<std::optional<std::uint8_t>, 256> new_label;  // nullopt: its rows are left out

  std::int64_t Rows(const Part& part) const {
    std::int64_t rows = 0;
    for (const std::uint8_t label : part.labels) rows += new_label[label].has_value();
    return rows;
  }
};

// The label in the file of a class as a study names it.
std::optional<std::uint8_t> LabelOf(const Dataset& dataset, std::int64_t wanted) {
  if (!dataset.class_values.empty()) {
    const auto found = std::ranges::find(dataset.class_values, wanted);
    if (found == dataset.class_values.end()) return std::nullopt;
    return static_cast<std::uint8_t>(found - dataset.class_values.begin());
  }
  if (wanted < 0 || wanted >= dataset.shape.classes) return std::nullopt;
  return static_cast<std::uint8_t>(wanted);
}

// What a study wants to learn, against what there is to learn.
absl::Status CheckTargets(const Dataset& dataset, const SplitPlan& plan) {
  if (plan.task == model::Task::kClassification) {
    if (dataset.shape.classes > 0) return absl::OkStatus();
    return absl::InvalidArgumentError(dataset.no_classes);
  }
  if (!dataset.shape.numbers) {
    return absl::InvalidArgumentError(
        fmt::format("training.loss: a regression learns numbers, and the targets of {} are classes; a network "
                    "that ends with a "
                    "softmax is wanted",
                    dataset.key));
  }
  if (!plan.classes.empty()) {
    return absl::InvalidArgumentError("dataset.classes: a regression has no classes; leave them out");
  }
  if (plan.validation_from == model::ValidationFrom::kStratified) {
    return absl::InvalidArgumentError(
        "training.validation_from: a regression has no classes to draw from; last or random is wanted");
  }
  return absl::OkStatus();
}

std::string ClassesText(const Dataset& dataset) {
  const std::vector<std::int64_t>& values = dataset.class_values;
  if (values.empty()) return fmt::format("0 to {}", dataset.shape.classes - 1);
  const bool without_gaps = values.back() - values.front() == static_cast<std::int64_t>(values.size()) - 1;
  return without_gaps ? fmt::format("{} to {}", values.front(), values.back())
                      : fmt::format("{}", fmt::join(values, ", "));
}

absl::StatusOr<Selection> Select(const Dataset& dataset, const std::vector<std::int64_t>& classes) {
  Selection selection;
  if (dataset.shape.classes == 0 && !classes.empty()) return absl::InvalidArgumentError(dataset.no_classes);
  if (classes.empty()) {
    selection.classes = dataset.shape.classes;
    for (std::int64_t label = 0; label < selection.classes; ++label) {
      selection.new_label[label] = static_cast<std::uint8_t>(label);
    }
    return selection;
  }
  for (const std::int64_t wanted : classes) {
    const std::optional<std::uint8_t> found = LabelOf(dataset, wanted);
    if (!found) {
      return absl::InvalidArgumentError(fmt::format("dataset.classes: {} has no class {}; its classes are {}",
                                                    dataset.key, wanted, ClassesText(dataset)));
    }
    const std::uint8_t label = *found;
    if (selection.new_label[label]) {
      return absl::InvalidArgumentError(fmt::format("dataset.classes: {} stands twice", wanted));
    }
    // Never trained on, it would make the task easier than it says: with one class left there is no error at all.
    if (std::ranges::find(dataset.train.labels, label) == dataset.train.labels.end()) {
      return absl::InvalidArgumentError(
          fmt::format("dataset.classes: no row of {} to train on is of class {}", dataset.key, wanted));
    }
    selection.new_label[label] = static_cast<std::uint8_t>(selection.classes++);
  }
  return selection;
}

std::vector<std::uint32_t> AllRows(const Part& part) {
  std::vector<std::uint32_t> rows(static_cast<std::size_t>(part.rows()));
  std::iota(rows.begin(), rows.end(), 0U);
  return rows;
}

std::vector<std::uint32_t> SelectedRows(const Part& part, const Selection& selection) {
  std::vector<std::uint32_t> rows;
  rows.reserve(selection.Rows(part));
  for (std::int64_t row = 0; row < part.rows(); ++row) {
    if (selection.new_label[part.labels[row]]) rows.push_back(static_cast<std::uint32_t>(row));
  }
  return rows;
}

// The part of the set's own rows that is for the test.
absl::StatusOr<double> TestFraction(const Dataset& dataset, std::optional<double> wanted) {
  if (wanted && dataset.test.rows() > 0) {
    return absl::InvalidArgumentError(
        fmt::format("dataset.test_fraction: {} has a test part of its own, of {} rows; leave the fraction out",
                    dataset.key, dataset.test.rows()));
  }
  return wanted.value_or(0);
}

}  // namespace

SplitPlan PlanOf(const model::DatasetSpec& dataset, const model::Training& training, std::int64_t seed) {
  return {.task = training.loss.has_value() ? TaskOf(*training.loss) : model::Task::kClassification,
          .classes = dataset.classes,
          .validation_fraction = training.validation_fraction,
          .validation_from = training.validation_from,
          .test_fraction = dataset.test_fraction,
          .normalize = dataset.normalize,
          .seed = seed};
}

absl::StatusOr<model::DatasetShape> ShapeOf(const Dataset& dataset, const model::DatasetSpec& spec) {
  absl::StatusOr<Selection> selection = Select(dataset, spec.classes);
  if (!selection.ok()) return selection.status();
  absl::StatusOr<double> test_fraction = TestFraction(dataset, spec.test_fraction);
  if (!test_fraction.ok()) return test_fraction.status();
  // Without classes no row is left out.
  const bool whole = dataset.shape.classes == 0;
  const std::int64_t rows = whole ? dataset.train.rows() : selection->Rows(dataset.train);
  const std::int64_t rest = model::TrainingRows(rows, *test_fraction);
  return model::DatasetShape{
      .sample = dataset.shape.sample,
      .classes = selection->classes,
      .train_rows = rest,
      .test_rows = rows - rest + (whole ? dataset.test.rows() : selection->Rows(dataset.test)),
      .selected = !spec.classes.empty(),
      .numbers = dataset.shape.numbers};
}

absl::StatusOr<Split> MakeSplit(std::shared_ptr<const Dataset> dataset, const SplitPlan& plan) {
  if (absl::Status status = CheckTargets(*dataset, plan); !status.ok()) return status;
  const bool regression = plan.task == model::Task::kRegression;
  absl::StatusOr<Selection> selection = Select(*dataset, plan.classes);
  if (!selection.ok()) return selection.status();
  const auto rows_of = [&](const Part& part) {
    return regression ? AllRows(part) : SelectedRows(part, *selection);
  };
  absl::StatusOr<double> test_fraction = TestFraction(*dataset, plan.test_fraction);
  if (!test_fraction.ok()) return test_fraction.status();
  Split split;
  split.task = plan.task;
  split.classes = regression ? 0 : selection->classes;
  split.label_map.resize(256);
  for (int label = 0; label < 256; ++label) split.label_map[label] = selection->new_label[label].value_or(0);

  const model::ValidationFrom from = plan.validation_from.value_or(dataset->validation_from);
  std::vector<std::uint32_t> selected = rows_of(dataset->train);
  const std::int64_t rest = model::TrainingRows(static_cast<std::int64_t>(selected.size()), *test_fraction);
  RowSplit tested =
      SplitRows(std::move(selected), rest, from, dataset->train.labels, plan.seed, DrawPurpose::kTest);
  split.test = dataset->test.rows() > 0 ? rows_of(dataset->test) : std::move(tested.left);

  const std::int64_t training_rows = model::TrainingRows(rest, plan.validation_fraction);
  if (training_rows <= 0 || training_rows >= rest) {
    return absl::InvalidArgumentError(
        fmt::format("training.validation_fraction: {} leaves {} of {}'s {} rows to train on and {} to validate",
                    plan.validation_fraction, training_rows, dataset->key, rest, rest - training_rows));
  }
  RowSplit validated = SplitRows(std::move(tested.kept), training_rows, from, dataset->train.labels, plan.seed,
                                 DrawPurpose::kValidation);
  split.training = std::move(validated.kept);
  split.validation = std::move(validated.left);
  split.scaling = ScalingOf(*dataset, plan.normalize, split.training);
  split.dataset = std::move(dataset);
  return split;
}

}  // namespace hpsearch::data
