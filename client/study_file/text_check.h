// What must hold of a study file's bytes before a YAML parser sees them: yaml-cpp guesses encodings, ends at a NUL
// and reports a tab by the wrong name. Pure.
#pragma once

#include <string_view>
#include <vector>

#include "client/study_file/source_map.h"

namespace hpsearch::study_file {

// Files are refused above this size before they are read.
inline constexpr std::int64_t kMaxBytes = 1 << 20;

// The first byte that is not UTF-8 or a control character; each line that a tab indents. Empty: fit to parse.
std::vector<LocatedFault> CheckText(std::string_view text);

// The character, from 1, that a byte of `line` (from 0) belongs to.
int ColumnOf(std::string_view line, std::size_t byte);

}  // namespace hpsearch::study_file
