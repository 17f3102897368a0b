#include "server/strategy/expected_improvement.h"

#include <cmath>
#include <numbers>

namespace hpsearch::strategy {
namespace {

const double kHalfLogTwoPi = 0.5 * std::log(2 * std::numbers::pi);

// 1 - t M(t), M the ratio of the normal's tail to its density: 1/t^2 - 3/t^4 + 15/t^6 ..., broken off where it is
// as exact as a double from t = 12 on.
double TailDefect(double t) {
  const double inverse = 1 / (t * t);
  double term = inverse, sum = 0;
  for (int k = 1; k <= 24; ++k) {
    sum += term;
    const double next = -term * (2 * k + 1) * inverse;
    if (std::abs(next) >= std::abs(term)) break;
    term = next;
  }
  return sum;
}

// log(phi(z) + z Phi(z)).
double LogImprovementOf(double z) {
  const double log_density = -0.5 * z * z - kHalfLogTwoPi;
  if (z > -1) return std::log(std::exp(log_density) + z * 0.5 * std::erfc(-z / std::numbers::sqrt2));
  if (z > -12) {
    const double tail = 0.5 * std::erfc(-z / std::numbers::sqrt2) / std::exp(log_density);
    return log_density + std::log1p(z * tail);
  }
  return log_density + std::log(TailDefect(-z));
}

}  // namespace

LogImprovement LogExpectedImprovement(double mean, double deviation, double best) {
  const double z = (best - mean) / deviation;
  const double log_improvement = LogImprovementOf(z);
  const double density = std::exp(-0.5 * z * z - kHalfLogTwoPi - log_improvement);  // phi / (phi + z Phi)
  const double probability =
      z > -1 ? 0.5 * std::erfc(-z / std::numbers::sqrt2) / std::exp(log_improvement) : (1 - density) / z;
  return {.value = std::log(deviation) + log_improvement,
          .by_mean = -probability / deviation,
          .by_deviation = density / deviation};
}

}  // namespace hpsearch::strategy
