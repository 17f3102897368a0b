#include "server/search/nearest_place.h"

#include <algorithm>
#include <cmath>

#include "server/search/value_scale.h"

namespace hpsearch::search {
namespace {

// A lattice has fewer places than that, and a window does not reach as far behind its ends.
constexpr double kFarthest = 0x1p22;

// Numbers are equal whatever their type, as a command line has them.
bool Equal(const Scalar& a, const Scalar& b) {
  const std::optional<double> left = model::NumberIn(a), right = model::NumberIn(b);
  return left && right ? *left == *right : a == b;
}

std::optional<Place> EqualPlace(const Parameter& parameter, const Scalar& value) {
  if (parameter.gridded()) {
    const auto equal = [&](const Place& place) { return Equal(parameter.At(place), value); };
    const auto found = std::ranges::find_if(parameter.places(), equal);
    return found == parameter.places().end() ? std::nullopt : std::optional(*found);
  }
  if (parameter.refinable()) return std::nullopt;
  // An int_range: its ends and all between them.
  const std::optional<double> number = model::NumberIn(value);
  if (!number || std::floor(*number) != *number || std::abs(*number) > IntRange::kFarthest) return std::nullopt;
  const Place place = ListedPlace(static_cast<std::int64_t>(*number));
  const bool inside = !(place < parameter.probes().front()) && !(parameter.probes().back() < place);
  return inside ? std::optional(place) : std::nullopt;
}

// How many places of the lattice the grid has; they come first.
std::int64_t LatticePlaces(const Parameter& parameter) {
  return std::ranges::count_if(parameter.places(), [](const Place& place) { return !place.listed; });
}

}  // namespace

std::optional<Place> NearestPlace(const Parameter& parameter, const Scalar& value, std::int64_t finest) {
  if (const std::optional<Place> equal = EqualPlace(parameter, value)) return equal;
  const std::optional<double> number = model::NumberIn(value);
  std::optional<ValueScale> scale = ScaleOf(parameter);
  if (!parameter.refinable() || !number || !scale) return std::nullopt;
  double steps = 1;
  if (parameter.gridded()) {
    const std::int64_t last = LatticePlaces(parameter) - 1;
    steps = static_cast<double>(last);
    scale->low = *model::NumberIn(parameter.At(LatticePlace(0)));
    scale->high = *model::NumberIn(parameter.At(LatticePlace(last)));
  } else {
    finest = Range::kDenominator;
  }
  const double at = scale->At(*number) * steps;
  if (!std::isfinite(at) || std::abs(at) > kFarthest) return std::nullopt;
  const Place place = LatticePlace(std::llround(at * static_cast<double>(finest)), finest);
  return parameter.Allows(place) ? std::optional(place) : std::nullopt;
}

}  // namespace hpsearch::search
