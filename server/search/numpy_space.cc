#include "server/search/numpy_space.h"

#include <cmath>

namespace hpsearch::search {
namespace {

// The coordinate before the fix-up of the last element. The order of operations is numpy's; this file relies on
// the compiler not contracting them (-ffp-contract=off).
double Unfixed(const LinearScale& scale, double index) {
  const double delta = scale.stop - scale.start;
  const std::int64_t intervals = scale.endpoint ? scale.num - 1 : scale.num;
  if (intervals <= 0) return index * delta + scale.start;
  const double divisor = static_cast<double>(intervals);
  const double step = delta / divisor;
  // A difference so small that its quotient underflows: numpy divides the index instead (its gh-5437).
  if (step == 0) return index / divisor * delta + scale.start;
  return index * step + scale.start;
}

}  // namespace

double CoordinateAt(const LinearScale& scale, std::int64_t numerator, std::int64_t denominator) {
  if (denominator == 1 && scale.endpoint && scale.num > 1 && numerator == scale.num - 1) return scale.stop;
  return Unfixed(scale, static_cast<double>(numerator) / static_cast<double>(denominator));
}

LinearScale GeometricScale(double start, double stop, std::int64_t num, bool endpoint) {
  return {std::log10(std::fabs(start)), std::log10(std::fabs(stop)), num, endpoint};
}

double GeomspaceAt(double start, double stop, std::int64_t num, bool endpoint, std::int64_t index) {
  // numpy puts the ends back: a power of a logarithm need not be what it was.
  if (index == num - 1 && num > 1 && endpoint) return stop;
  if (index == 0) return start;
  const double magnitude = std::pow(10.0, CoordinateAt(GeometricScale(start, stop, num, endpoint), index, 1));
  return start < 0 ? -magnitude : magnitude;
}

}  // namespace hpsearch::search
