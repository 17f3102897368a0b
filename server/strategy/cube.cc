#include "server/strategy/cube.h"

#include <algorithm>

namespace hpsearch::strategy {

bool SamePlace(const Coordinates& a, const Coordinates& b) {
  return std::ranges::equal(a, b, [](double x, double y) { return x == y || (IsAbsent(x) && IsAbsent(y)); });
}

}  // namespace hpsearch::strategy
