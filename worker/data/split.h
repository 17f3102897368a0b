// The rows of one trial, and what the network sees of them: of the classes that the study wants, some rows for the
// test where the set has no test part, int(n * (1 - validation_fraction)) of the rest to train on, the others to
// validate. No row is in two of the three. The same for all trials of a study.
//
// Pure; any thread. A split shares its data set. Errors: INVALID_ARGUMENT, which names the key of the study that
// does not fit: targets of the other kind than the study learns; a class that the set does not have, or has no row
// of to train on; an empty training or validation part; a test fraction of a set that has a test part.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "absl/status/statusor.h"
#include "server/model/dataset.h"
#include "server/model/training.h"
#include "worker/data/dataset.h"
#include "worker/data/scaling.h"

namespace hpsearch::data {

// What a study says of its rows.
struct SplitPlan {
  model::Task task = model::Task::kClassification;
  std::vector<std::int64_t> classes;                     // labels in the file, all where empty
  double validation_fraction = 1.0 / 6;                  // in (0, 1)
  std::optional<model::ValidationFrom> validation_from;  // unset: the data set's
  std::optional<double> test_fraction;                   // in [0, 1)
  std::optional<model::Normalize> normalize;
  std::int64_t seed = 0;  // the study's
};

// What is learnt, training.loss says; where it is not set, classes are.
SplitPlan PlanOf(const model::DatasetSpec& dataset, const model::Training& training, std::int64_t seed);

// Labels are numbered anew where classes are selected. A regression learns Part::targets and has no classes.
struct Split {
  std::shared_ptr<const Dataset> dataset;
  model::Task task = model::Task::kClassification;
  std::int64_t classes = 0;
  std::vector<std::uint32_t> training;    // row numbers in Dataset::train, in the file's order
  std::vector<std::uint32_t> validation;  // the same
  std::vector<std::uint8_t> label_map;    // 256 entries: the label in the file -> the label in training
  std::optional<Scaling> scaling;         // of the features; nullopt: bytes / 255
  std::vector<std::uint32_t> test;        // row numbers in test_part(), in the file's order; may be empty

  const Part& test_part() const { return dataset->test.rows() > 0 ? dataset->test : dataset->train; }
};

absl::StatusOr<Split> MakeSplit(std::shared_ptr<const Dataset> dataset, const SplitPlan& plan);

// What the network sees of the set as the study wants it: shape, classes, and the rows that are trained on or
// validate, and those of the test.
absl::StatusOr<model::DatasetShape> ShapeOf(const Dataset& dataset, const model::DatasetSpec& spec);

}  // namespace hpsearch::data
