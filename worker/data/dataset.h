// A data set in memory: the bytes that it came in, shared by all slots. Immutable after loading; any thread may
// read it. No errors.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

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

}  // namespace hpsearch::data
