#include "worker/data/split.h"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "absl/status/status.h"
#include "fmt/format.h"
#include "server/model/training.h"

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

absl::StatusOr<Selection> Select(const Dataset& dataset, const std::vector<std::int64_t>& classes) {
  Selection selection;
  if (classes.empty()) {
    selection.classes = dataset.shape.classes;
    for (std::int64_t label = 0; label < selection.classes; ++label) {
      selection.new_label[label] = static_cast<std::uint8_t>(label);
    }
    return selection;
  }
  for (const std::int64_t label : classes) {
    if (label < 0 || label >= dataset.shape.classes) {
      return absl::InvalidArgumentError(fmt::format("dataset.classes: {} has no class {}; its classes are 0 to {}",
                                                    dataset.key, label, dataset.shape.classes - 1));
    }
    if (selection.new_label[label]) {
      return absl::InvalidArgumentError(fmt::format("dataset.classes: {} stands twice", label));
    }
    // Never trained on, it would make the task easier than it says: with one class left there is no error at all.
    if (std::ranges::find(dataset.train.labels, label) == dataset.train.labels.end()) {
      return absl::InvalidArgumentError(
          fmt::format("dataset.classes: no row of {} to train on is of class {}", dataset.key, label));
    }
    selection.new_label[label] = static_cast<std::uint8_t>(selection.classes++);
  }
  return selection;
}

}  // namespace

absl::StatusOr<model::DatasetShape> ShapeOf(const Dataset& dataset, const std::vector<std::int64_t>& classes) {
  absl::StatusOr<Selection> selection = Select(dataset, classes);
  if (!selection.ok()) return selection.status();
  return model::DatasetShape{dataset.shape.sample, selection->classes, selection->Rows(dataset.train),
                             selection->Rows(dataset.test), !classes.empty()};
}

absl::StatusOr<Split> MakeSplit(std::shared_ptr<const Dataset> dataset, const std::vector<std::int64_t>& classes,
                                double validation_fraction) {
  absl::StatusOr<Selection> selection = Select(*dataset, classes);
  if (!selection.ok()) return selection.status();
  Split split;
  split.classes = selection->classes;
  split.label_map.resize(256);
  for (int label = 0; label < 256; ++label) split.label_map[label] = selection->new_label[label].value_or(0);
  const std::int64_t rows = selection->Rows(dataset->train);
  const std::int64_t training_rows = model::TrainingRows(rows, validation_fraction);
  if (training_rows <= 0 || training_rows >= rows) {
    return absl::InvalidArgumentError(
        fmt::format("training.validation_fraction: {} leaves {} of {}'s {} rows to train on and {} to validate",
                    validation_fraction, training_rows, dataset->key, rows, rows - training_rows));
  }
  split.training.reserve(training_rows);
  split.validation.reserve(rows - training_rows);
  for (std::int64_t row = 0; row < dataset->train.rows(); ++row) {
    if (!selection->new_label[dataset->train.labels[row]]) continue;
    const bool trains = static_cast<std::int64_t>(split.training.size()) < training_rows;
    (trains ? split.training : split.validation).push_back(static_cast<std::uint32_t>(row));
  }
  split.dataset = std::move(dataset);
  return split;
}

}  // namespace hpsearch::data
