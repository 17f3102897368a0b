// One array of numpy's .npy format (numpy.lib.format, versions 1 to 3): eight bytes, a header that is a Python
// dictionary of `descr`, `fortran_order` and `shape`, the elements. Gzipped or not.
//
// Taken are arrays in C order, little-endian: features of u1, f4 or f8 (narrowed to f4, the trainer's precision),
// labels of u1, i4 or i8, targets of a regression of f4 or f8. What is refused says what numpy would make right of
// it.
//
// Threads: any; a pure function of the file. Memory grows with what the file bears out, never with what its header
// claims alone. Errors: DATA_LOSS, "path: fault"; RESOURCE_EXHAUSTED where the contents exceed `most_bytes`; those
// of byte_source.h.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"

namespace hpsearch::data {

struct NpyFeatures {
  std::vector<std::int64_t> sizes;  // rows first; 2 to 4 of them, all above 0
  std::vector<std::uint8_t> bytes;  // of u1
  std::vector<float> values;        // of f4 and f8; all finite
};

absl::StatusOr<NpyFeatures> ReadNpyFeatures(const std::string& path, std::uint64_t most_bytes);

// One of the two is empty, by the elements' type.
struct NpyTargets {
  std::vector<std::uint8_t> labels;  // of integers, each from 0 to 255
  std::vector<float> values;         // of floats, all finite

  std::int64_t rows() const { return static_cast<std::int64_t>(labels.size() + values.size()); }
};

// Of shape (rows) or (rows, 1), as Keras has them.
absl::StatusOr<NpyTargets> ReadNpyTargets(const std::string& path, std::uint64_t most_bytes);

}  // namespace hpsearch::data
