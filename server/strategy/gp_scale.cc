#include "server/strategy/gp_scale.h"

#include <algorithm>
#include <cmath>

namespace hpsearch::strategy {
namespace {

// From the best, in distances from there to the middle of what is worse. On the functions of
// tests/oracle/strategy_driver that are not compared (4 seeds, 80 trials) far better than no limit; 1, and
// logarithms above 1, could not be told from it.
constexpr double kFarthest = 1.5;

// That distance; 0: nothing is worse.
double Unit(std::span<const double> halves, double best) {
  std::vector<double> above;
  for (const double half : halves)
    if (half > best) above.push_back(half - best);
  if (above.empty()) return 0;
  const auto middle = above.begin() + static_cast<std::ptrdiff_t>(above.size() / 2);
  std::ranges::nth_element(above, middle);
  return *middle;
}

}  // namespace

std::vector<double> ScaleObjectives(std::span<const double> objectives) {
  // Half of each, so that no difference overflows.
  std::vector<double> scaled;
  for (const double objective : objectives) scaled.push_back(objective / 2);
  const double best = std::ranges::min(scaled);
  const double unit = Unit(scaled, best);
  if (unit == 0) return std::vector<double>(scaled.size());
  double mean = 0;
  for (double& value : scaled) {
    value = std::min((value - best) / unit, kFarthest);
    mean += value;
  }
  const auto n = static_cast<double>(scaled.size());
  mean /= n;
  double squares = 0;
  for (double& value : scaled) {
    value -= mean;
    squares += value * value;
  }
  const double deviation = std::sqrt(squares / n);
  for (double& value : scaled) value /= deviation;
  return scaled;
}

}  // namespace hpsearch::strategy
