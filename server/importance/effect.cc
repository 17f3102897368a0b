#include "server/importance/effect.h"

#include <algorithm>

namespace hpsearch::importance {

std::vector<std::vector<std::size_t>> EffectsOf(std::size_t axes) {
  std::vector<std::vector<std::size_t>> effects;
  for (std::size_t i = 0; i < axes; ++i) effects.push_back({i});
  for (std::size_t i = 0; i < axes; ++i) {
    for (std::size_t j = i + 1; j < axes; ++j) effects.push_back({i, j});
  }
  return effects;
}

double Quantile(const std::vector<double>& sorted, double share) {
  const double place = share * static_cast<double>(sorted.size() - 1);
  const auto below = static_cast<std::size_t>(place);
  const std::size_t above = std::min(below + 1, sorted.size() - 1);
  return sorted[below] + (place - static_cast<double>(below)) * (sorted[above] - sorted[below]);
}

}  // namespace hpsearch::importance
