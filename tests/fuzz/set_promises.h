// What holds of every data set that was read, whatever its files said.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>

#include "tests/fuzz/input.h"
#include "worker/data/dataset.h"

namespace hpsearch::fuzz {

inline void RequirePart(const data::Part& part, const model::DatasetShape& shape) {
  Require(part.elements() == part.rows() * model::Elements(shape.sample), "each row has a whole sample");
  Require(part.features.empty() || part.values.empty(), "features are all bytes or all floats");
  Require(std::ranges::all_of(part.labels, [&](std::uint8_t label) { return label < shape.classes; }),
          "labels are below the number of classes");
  Require(std::ranges::all_of(part.values, [](float value) { return std::isfinite(value); }), "values are finite");
}

inline void RequireSet(const data::Dataset& dataset) {
  Require(dataset.train.rows() > 0, "there are rows to train on");
  Require(dataset.train.rows() == dataset.shape.train_rows && dataset.test.rows() == dataset.shape.test_rows,
          "the shape counts the rows");
  Require(!dataset.hash.empty(), "there is a hash");
  RequirePart(dataset.train, dataset.shape);
  RequirePart(dataset.test, dataset.shape);
}

}  // namespace hpsearch::fuzz
