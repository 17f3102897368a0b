// The header of a .npy file: a Python dictionary literal such as
// {'descr': '<f4', 'fortran_order': False, 'shape': (60000, 28, 28), }.
//
// Pure; any thread. Bounded by the text's size. Errors: INVALID_ARGUMENT, what is wrong with it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

namespace hpsearch::data {

struct NpyHeader {
  std::string descr;  // "<f4"
  bool fortran_order = false;
  std::vector<std::int64_t> shape;  // each from 0
};

absl::StatusOr<NpyHeader> ParseNpyHeader(std::string_view text);

}  // namespace hpsearch::data
