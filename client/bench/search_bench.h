// How long a strategy takes to say what to try next, far into a study: nothing is trained, nothing stored.
//
// Threads: one at a time; it blocks. Errors: NOT_FOUND (no such strategy), INVALID_ARGUMENT (a space that cannot
// be).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"

namespace hpsearch::bench {

struct SearchBench {
  std::string strategy;
  // That are behind it; by default a million, of a strategy that learns from them a thousand.
  std::optional<std::int64_t> trials;
  std::int64_t dimensions = 8;
};

struct SuggestTimes {
  std::int64_t trials = 0;
  double p50_ms = 0, p99_ms = 0, max_ms = 0;  // of a suggestion
};

// What can be asked for: the grid, and all that the registry of strategies has.
std::vector<std::string> SearchStrategies();

// Points come one at a time. Of a strategy that learns, the trials behind are drawn at random and measured by a
// smooth function, and so is each suggestion, before the next is asked for. The first is among those that are
// timed: it is that of a server that has just started, which has kept nothing.
absl::StatusOr<SuggestTimes> BenchSearch(const SearchBench& bench);

}  // namespace hpsearch::bench
