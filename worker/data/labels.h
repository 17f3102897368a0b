// What the labels of a set's two parts make: classes, numbered without gaps. One flipped byte in a label file
// would otherwise make a hundred new classes.
//
// Pure; any thread. Errors: DATA_LOSS, "path: fault", with the row (from 0).
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"

namespace hpsearch::data {

struct LabelFile {
  const std::vector<std::uint8_t>& labels;
  const std::string& path;  // for the faults
};

// The number of classes: labels count from 0 (or 1, as EMNIST's letters do, where class 0 has no rows) without
// gaps in the training part, and the test part has none beyond them. Requires: `train` has rows; `test` may have
// none.
absl::StatusOr<std::int64_t> CountClasses(const LabelFile& train, const LabelFile& test);

}  // namespace hpsearch::data
