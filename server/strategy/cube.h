// The space of a study as strategies see it: the unit cube, a dimension a parameter. What a coordinate means, the
// space knows (search::SearchSpace); a strategy knows only what kind of dimension it is. Plain values; no errors.
#pragma once

#include <cmath>
#include <cstdint>
#include <functional>
#include <limits>
#include <vector>

namespace hpsearch::strategy {

struct Dimension {
  enum class Kind {
    kContinuous,   // even in the parameter's own scale; also integers too many to tell apart, or not evenly spaced
    kOrdinal,      // `levels` ordered values, level i the interval [i, i + 1) / levels
    kCategorical,  // `levels` values without an order, likewise
  };
  Kind kind = Kind::kContinuous;
  std::int64_t levels = 0;  // of ordinal and categorical ones; from 1
  bool operator==(const Dimension&) const = default;
};

using Cube = std::vector<Dimension>;

// A point: of each dimension a coordinate in [0, 1), or kAbsent where conditions leave the parameter out.
using Coordinates = std::vector<double>;
inline constexpr double kAbsent = std::numeric_limits<double>::quiet_NaN();
inline bool IsAbsent(double coordinate) { return std::isnan(coordinate); }
// Equal coordinates, or absent in both.
bool SamePlace(const Coordinates& a, const Coordinates& b);

// Moves every coordinate to the one that stands for the value it means (a level's middle, an integer's own place),
// and makes those absent that the point's own conditions leave out. Pure; from any thread.
using Settle = std::function<void(Coordinates&)>;

}  // namespace hpsearch::strategy
