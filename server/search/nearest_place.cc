#include "server/search/nearest_place.h"

#include <algorithm>
#include <cmath>

#include "server/search/value_scale.h"

namespace hpsearch::search {
namespace {

// A lattice has fewer places than that, and a window does not reach as far behind its ends.
constexpr double kFarthest = 0x1p22;

// How many places of the lattice the grid has; they come first.
std::int64_t LatticePlaces(const Parameter& parameter) {
  return std::ranges::count_if(parameter.places(), [](const Place& place) { return !place.listed; });
}

}  // namespace

std::optional<Place> NearestPlace(const Parameter& parameter, const Scalar& value, std::int64_t finest) {
  const std::optional<Place> equal = parameter.PlaceOf(value);
  if (equal || !parameter.refinable() || !parameter.gridded()) return equal;
  const std::optional<double> number = model::NumberIn(value);
  std::optional<ValueScale> scale = ScaleOf(parameter);
  if (!number || !scale) return std::nullopt;
  const std::int64_t last = LatticePlaces(parameter) - 1;
  scale->low = *model::NumberIn(parameter.At(LatticePlace(0)));
  scale->high = *model::NumberIn(parameter.At(LatticePlace(last)));
  const double at = scale->At(*number) * static_cast<double>(last);
  if (!std::isfinite(at) || std::abs(at) > kFarthest) return std::nullopt;
  const Place place = LatticePlace(std::llround(at * static_cast<double>(finest)), finest);
  return parameter.Allows(place) ? std::optional(place) : std::nullopt;
}

}  // namespace hpsearch::search
