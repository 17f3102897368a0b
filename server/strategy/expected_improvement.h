// The logarithm of the expected improvement, without the underflow that makes the plain one flat (Ament, Daulton,
// Eriksson, Balandat and Bakshy, "Unexpected improvements to expected improvement for Bayesian optimization",
// 2023, its equation 9). Pure; from any thread; no errors.
#pragma once

namespace hpsearch::strategy {

struct LogImprovement {
  double value = 0;
  double by_mean = 0;       // its derivatives
  double by_deviation = 0;  // of the standard deviation
};

// E[max(best - y, 0)], y normal. Requires: deviation > 0.
LogImprovement LogExpectedImprovement(double mean, double deviation, double best);

}  // namespace hpsearch::strategy
