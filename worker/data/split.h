// The rows of one trial: those of the classes that the study wants, the first of them to train on, the rest to
// validate.
//
// Pure; any thread. A split shares its data set. Errors: INVALID_ARGUMENT, which names the key of the study that
// does not fit: a class that the set does not have, or has no row of to train on; an empty training or validation
// part.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "absl/status/statusor.h"
#include "server/model/dataset.h"
#include "worker/data/dataset.h"

namespace hpsearch::data {

// By index into Dataset::train. Labels are numbered anew where classes are selected.
struct Split {
  std::shared_ptr<const Dataset> dataset;
  std::int64_t classes = 0;
  std::vector<std::uint32_t> training;    // row numbers, in the file's order
  std::vector<std::uint32_t> validation;  // the rows behind them
  std::vector<std::uint8_t> label_map;    // 256 entries: the label in the file -> the label in training
};

// `classes`: labels in the file, all where empty. `validation_fraction` is in (0, 1).
absl::StatusOr<Split> MakeSplit(std::shared_ptr<const Dataset> dataset, const std::vector<std::int64_t>& classes,
                                double validation_fraction);

// What the network sees of a set with those classes selected: shape, classes and row counts.
absl::StatusOr<model::DatasetShape> ShapeOf(const Dataset& dataset, const std::vector<std::int64_t>& classes);

}  // namespace hpsearch::data
