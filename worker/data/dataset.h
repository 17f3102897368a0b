// A data set in memory: the bytes that it came in, loaded once a process and shared by all slots. Immutable after
// loading; any thread may read it.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "server/model/dataset.h"

namespace hpsearch::data {

// Rows of unsigned bytes, row-major, and their labels.
struct Part {
  std::vector<std::uint8_t> features;  // rows * Elements(sample)
  std::vector<std::uint8_t> labels;    // rows; each below classes
  std::int64_t rows() const { return static_cast<std::int64_t>(labels.size()); }
};

struct Dataset {
  std::string key;   // the name or path it was asked for by
  std::string hash;  // xxh3-128 of contents and shapes, hex; independent of compression
  model::DatasetShape shape;
  Part train;
  Part test;
};

// The rows of one trial: those of the wanted classes, split into a training and a validation part, by index into
// Dataset::train. Labels are numbered anew where classes are selected.
struct Split {
  std::shared_ptr<const Dataset> dataset;
  std::int64_t classes = 0;
  std::vector<std::uint32_t> training;    // row numbers, in the file's order
  std::vector<std::uint32_t> validation;  // the rows behind them
  std::vector<std::uint8_t> label_map;    // 256 entries: the label in the file -> the label in training
};

// INVALID_ARGUMENT: a class that the set does not have, an empty training or validation part.
absl::StatusOr<Split> MakeSplit(std::shared_ptr<const Dataset> dataset, const std::vector<std::int64_t>& classes,
                                double validation_fraction);

// What the network sees of a set with those classes selected (all where empty): shape, classes and row counts.
// INVALID_ARGUMENT: a class that the set does not have.
absl::StatusOr<model::DatasetShape> ShapeOf(const Dataset& dataset, const std::vector<std::int64_t>& classes);

}  // namespace hpsearch::data
