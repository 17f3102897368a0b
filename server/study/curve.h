// What a worker reports of a trial's curve, held against what is known of it. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "absl/status/status.h"
#include "server/study/records.h"

namespace hpsearch::study {

// A trial in no final state.
struct OpenTrial {
  TrialRecord record;
  std::vector<EpochRecord> epochs;  // known, of all attempts; epoch n at n - 1
  std::int64_t reported = 0;        // by this attempt, in a row from 1
};

// INVALID_ARGUMENT where a report is not one that a worker may send: epochs that do not follow one another or
// leave some out, that are not planned, errors outside [0, 1], seconds that are no duration, other metrics than
// the study's `metrics` of both parts.
absl::Status CheckReport(const OpenTrial& trial, const std::vector<model::Metric>& metrics,
                         const std::vector<EpochRecord>& epochs);

struct Continuation {
  std::vector<EpochRecord> fresh;       // the epochs that were not known
  std::optional<std::int64_t> differs;  // the first that is known with other bits; then `fresh` is of no use
};
// Requires: CheckReport holds. Values that are not finite are one NaN, as the store has them; seconds may differ.
Continuation Continue(const OpenTrial& trial, std::vector<EpochRecord> epochs, Micros now);

}  // namespace hpsearch::study
