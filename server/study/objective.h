// A trial's objective: what its curve is worth under the study's objective, and at which epoch. Computed epoch by
// epoch, so that a report costs the same however long the curve. Pure.
#pragma once

#include <cstdint>
#include <optional>

#include "server/study/records.h"
#include "server/study/spec.h"

namespace hpsearch::study {

struct Score {
  std::optional<double> value;        // nullopt: no finite value (yet)
  std::optional<std::int64_t> epoch;  // where the value was taken
  bool operator==(const Score&) const = default;
};

// The metric of one epoch; NaN where it is not finite.
double MetricOf(const Objective& objective, const EpochRecord& epoch);

// Whether `a` is strictly better than `b`; both finite.
bool Better(const Objective& objective, double a, double b);

// The score of a curve that goes on by one epoch. At best: values that are not finite are passed over, ties go to
// the earlier epoch. At last: the new epoch alone counts.
Score Advance(const Objective& objective, const Score& score, const EpochRecord& epoch);

}  // namespace hpsearch::study
