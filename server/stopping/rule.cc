#include "server/stopping/rule.h"

#include <cmath>

namespace hpsearch::stopping {

std::optional<double> Sight::Best() const {
  std::optional<double> best;
  for (const double value : curve) {
    if (std::isfinite(value) && (!best || goal.Better(value, *best))) best = value;
  }
  return best;
}

}  // namespace hpsearch::stopping
