// Tiny .npy files for tests: written byte by byte as numpy.lib.format says, with no help from the reader that is
// tested.
#pragma once

#include <string>
#include <vector>

#include "tests/worker/data/idx_files.h"

namespace hpsearch::data {

// Version 1, padded to 64 bytes as numpy does: NpyBytes("'<f4'", "(2, 3)", BytesOf<float>({..})).
Bytes NpyBytes(const std::string& descr, const std::string& shape, const Bytes& contents,
               const std::string& fortran_order = "False");

template <typename T>
Bytes BytesOf(const std::vector<T>& elements) {
  const auto* begin = reinterpret_cast<const std::uint8_t*>(elements.data());
  return Bytes(begin, begin + elements.size() * sizeof(T));
}

}  // namespace hpsearch::data
