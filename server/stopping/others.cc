#include "server/stopping/others.h"

#include <algorithm>
#include <cmath>

namespace hpsearch::stopping {

void Others::Add(std::span<const double> curve, std::size_t known) {
  if (known == 0) ++trials_;
  if (sorted_.size() < curve.size()) sorted_.resize(curve.size());
  for (std::size_t i = known; i < curve.size(); ++i) {
    if (!std::isfinite(curve[i])) continue;
    std::vector<double>& values = sorted_[i];
    values.insert(std::upper_bound(values.begin(), values.end(), curve[i]), curve[i]);
  }
}

std::span<const double> Others::At(std::int64_t epoch) const {
  const auto at = static_cast<std::size_t>(epoch - 1);
  return at < sorted_.size() ? std::span<const double>(sorted_[at]) : std::span<const double>();
}

double Percentile(std::span<const double> sorted, double percentile) {
  const double place = percentile / 100 * static_cast<double>(sorted.size() - 1);
  const double below = std::floor(place);
  const auto at = static_cast<std::size_t>(below);
  const double a = sorted[at];
  const double b = sorted[std::min(at + 1, sorted.size() - 1)];
  const double part = place - below;
  // From the nearer end, as numpy does it.
  return part >= 0.5 ? b - (b - a) * (1 - part) : a + (b - a) * part;
}

}  // namespace hpsearch::stopping
