// A data set in memory: the bytes that it came in, shared by all slots. Immutable after loading; any thread may
// read it. No errors.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

#include "server/model/dataset.h"
#include "server/model/training.h"

namespace hpsearch::data {

// Rows, row-major, and their labels or targets; both, where the targets are numbers that may be taken as classes.
// A set's features are all bytes or all floats: the other vector is empty.
struct Part {
  std::vector<std::uint8_t> features;  // bytes: rows * Elements(sample)
  std::vector<std::uint8_t> labels;    // rows; each below classes; empty where there are no classes
  std::vector<float> values;           // floats, all finite: rows * Elements(sample)
  std::vector<float> targets;          // rows, all finite; empty where the targets are no numbers

  std::int64_t rows() const { return static_cast<std::int64_t>(std::max(labels.size(), targets.size())); }
  std::int64_t elements() const { return static_cast<std::int64_t>(features.size() + values.size()); }
};

struct Dataset {
  std::string key;   // the name or path it was asked for by
  std::string hash;  // xxh3-128 of contents and shapes, hex; independent of compression
  model::DatasetShape shape;
  Part train;
  Part test;  // may have no rows: then a study's test_fraction takes some of `train`
  // Of a table: the target's value that each label stands for; and where all are integers, as numbers, which is
  // what a study's `classes` names. Empty of the other formats, whose labels are the classes' numbers.
  std::vector<std::string> class_names;
  std::vector<std::int64_t> class_values;
  // Of a set without classes (of numbers alone): why it has none, for whoever wants some.
  std::string no_classes;
  // Where the study does not say.
  model::ValidationFrom validation_from = model::ValidationFrom::kLast;

  bool of_bytes() const { return !train.features.empty(); }
};

}  // namespace hpsearch::data
