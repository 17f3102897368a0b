// What an analysis of importance takes and gives: points with their objectives, and the share of the objective's
// variance that a parameter, or two of them together, explain. Plain values; no errors.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace hpsearch::importance {

struct Axis {
  std::int64_t levels = 0;   // above 0: as many values without an order, 0, 1, ..; else numbers
  double low = 0, high = 0;  // of numbers, in the scale in which they are even: every point lies within
};

struct Observation {
  std::vector<double> at;  // a number each axis
  double objective = 0;    // finite
};

struct Sample {
  std::vector<Axis> axes;
  std::vector<Observation> observations;
};

// Of one axis or of two, beyond what each does alone.
struct Effect {
  std::vector<std::size_t> axes;  // ascending
  double importance = 0;          // a fraction of the variance
  double low = 0, high = 0;       // of 95 in 100: low <= importance <= high
};

// The axes alone, then each two of them.
std::vector<std::vector<std::size_t>> EffectsOf(std::size_t axes);

// The value below which `share` of them lie, interpolated. Requires: sorted, not empty.
double Quantile(const std::vector<double>& sorted, double share);
inline constexpr double kLowShare = 0.025, kHighShare = 0.975;

}  // namespace hpsearch::importance
