// A fault of a study document: where, what is wrong, and what would be right. Checks collect all faults rather
// than stop at the first; client/study_file turns a path into a line and a column of the file.
//
// Plain values, owned by whoever checks; pure, from any thread; no errors of its own.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"

namespace hpsearch::model {

struct Fault {
  enum class At { kValue, kKey };  // kKey: the key itself is wrong (unknown, missing value), not what it holds

  std::string path;     // "model[3].dense.units"; the empty path is the document
  std::string message;  // "'128' is text; an integer from 1 is wanted"
  At at = At::kValue;

  bool operator==(const Fault&) const = default;
};

using Faults = std::vector<Fault>;

// "a.b" from ("a", "b"); "b" where the parent is the document.
std::string Join(std::string_view path, std::string_view key);
// "a[3]"
std::string Join(std::string_view path, std::size_t index);

// OK without faults; else INVALID_ARGUMENT with one "path: message" a line.
absl::Status ToStatus(const Faults& faults);

}  // namespace hpsearch::model
