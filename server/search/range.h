// The kinds of parameters that have no grid: `range`, the real numbers between two ends, and `int_range`, the
// integers; each on a scale of its own, on which strategies spread their points evenly. With t from 0 to 1:
//
//   linear        low + t (high - low)
//   log           low (high / low)^t
//   reverse_log   low + high - low (high / low)^(1 - t)     log mirrored: dense near `high`, as in KerasTuner
//
// A place on a range is t itself, a fraction in lowest terms, so that refinement halves steps on it as on a grid
// and equal points are found by comparing integers. The place of an integer is the integer: nothing is listed,
// whatever the size of the range. Values; pure; from any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "server/model/document.h"
#include "server/model/fault.h"
#include "server/search/place.h"
#include "server/strategy/cube.h"

namespace hpsearch::search {

enum class Scale { kLinear, kLog, kReverseLog };

struct Range {
  // A coordinate of the cube means the nearest multiple of 2^-32.
  static constexpr std::int64_t kDenominator = std::int64_t{1} << 32;

  double low = 0, high = 1;
  Scale scale = Scale::kLinear;

  double At(const Place& place) const;  // low and high themselves at 0 and 1
  Place FromUnit(double coordinate) const;
  // In [0, 1). FromUnit of it is the place again, where the denominator divides kDenominator.
  double ToUnit(const Place& place) const;
  // The one nearest to a value on the scale; nullopt: it is not in the range.
  std::optional<Place> PlaceOf(double value) const;
};

struct IntRange {
  // Beyond it, two neighbours are no longer told apart on a logarithmic scale.
  static constexpr double kFarthest = 1e12;
  // More integers than these are a continuum to a strategy.
  static constexpr std::int64_t kMostLevels = 256;

  std::int64_t low = 0, high = 1;
  Scale scale = Scale::kLinear;

  // Of listed places, whose number is the integer. Each integer has the part of the unit interval that its half
  // units to both sides have on the scale.
  Place FromUnit(double coordinate) const;
  double ToUnit(const Place& place) const;
  std::optional<Place> PlaceOf(double value) const;  // nullopt: it is no integer of the range
  strategy::Dimension dimension() const;
};

// What stands under the key `range` or `int_range`; `path` is that of the key. nullopt: it has faults, which were
// added.
std::optional<Range> ReadRange(const model::Node& node, const std::string& path, model::Faults& faults);
std::optional<IntRange> ReadIntRange(const model::Node& node, const std::string& path, model::Faults& faults);

// In canonical form, the scale written out.
model::Node RangeDocument(const Range& range);
model::Node RangeDocument(const IntRange& range);

// "linear", "log", "reverse_log": in the order of Scale.
const std::vector<std::string>& ScaleNames();

}  // namespace hpsearch::search
