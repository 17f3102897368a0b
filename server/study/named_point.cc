#include "server/study/named_point.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <optional>

#include "absl/status/status.h"
#include "server/model/json.h"
#include "server/model/names.h"
#include "server/search/nearest_place.h"

namespace hpsearch::study {
namespace {

using search::Parameter;
using search::Place;
using search::Point;
using search::SearchSpace;

absl::Status CheckNames(const SearchSpace& space, const NamedValues& values) {
  std::vector<std::string> names;
  for (const Parameter& parameter : space.parameters()) names.push_back(parameter.name());
  for (auto each = values.begin(); each != values.end(); ++each) {
    if (space.Find(each->first) == nullptr) {
      return absl::InvalidArgumentError(model::UnknownName("parameter", each->first, names));
    }
    const auto again = [&](const auto& other) { return other.first == each->first; };
    if (std::any_of(values.begin(), each, again)) {
      return absl::InvalidArgumentError(fmt::format("{} is named twice", each->first));
    }
  }
  return absl::OkStatus();
}

// That a later round looks at with that value, but for its last digits: the nearest of them. What rounds by hand
// look at need not lie on a lattice that all of them have, nor on the one that values of a range are read on.
std::optional<Place> PlaceInBoxes(const search::Rounds& rounds, std::size_t axis, const search::Scalar& value) {
  const Parameter& parameter = rounds.space().parameters()[axis];
  const std::optional<double> number = model::NumberIn(value);
  if (!parameter.refinable() || !number) return std::nullopt;
  std::optional<Place> nearest;
  double least = 0;
  for (const search::Round& round : rounds.rounds()) {
    for (const search::Box& box : round.boxes()) {
      for (const Place& place : box.axes[axis]) {
        if (place.absent() || !parameter.IsAt(place, value)) continue;
        const double apart = std::abs(*model::NumberIn(parameter.At(place)) - *number);
        if (nearest && apart >= least) continue;
        nearest = place;
        least = apart;
      }
    }
  }
  return nearest;
}

absl::StatusOr<Place> PlaceOf(const search::Rounds& rounds, std::size_t axis, const search::Scalar& value) {
  if (const std::optional<Place> known = PlaceInBoxes(rounds, axis, value)) return *known;
  const Parameter& parameter = rounds.space().parameters()[axis];
  const std::optional<Place> place = search::NearestPlace(parameter, value, rounds.finest());
  if (place) return *place;
  return absl::InvalidArgumentError(fmt::format("{}: {} is {}", parameter.name(), model::ToJson(value),
                                                parameter.refinable()
                                                    ? "not within its bounds, or no number"
                                                    : "none of its values, and it is not refined"));
}

}  // namespace

absl::StatusOr<Point> NamedPoint(const SearchSpace& space, const search::Rounds& rounds, const Point* base,
                                 const NamedValues& values) {
  if (absl::Status status = CheckNames(space, values); !status.ok()) return status;
  Point point;
  for (std::size_t i = 0; i < space.parameters().size(); ++i) {
    const Parameter& parameter = space.parameters()[i];
    const auto named = std::ranges::find(values, parameter.name(), &NamedValues::value_type::first);
    point.push_back(Place::Absent());
    if (!space.Present(i, point)) {
      if (named == values.end()) continue;
      return absl::InvalidArgumentError(
          fmt::format("{} is not there, by what decides of it at this point", parameter.name()));
    }
    if (named != values.end()) {
      const absl::StatusOr<Place> place = PlaceOf(rounds, i, named->second);
      if (!place.ok()) return place.status();
      point.back() = *place;
    } else if (base != nullptr && !(*base)[i].absent()) {
      point.back() = (*base)[i];
    } else if (parameter.probes().size() == 1) {
      point.back() = parameter.probes().front();
    } else {
      return absl::InvalidArgumentError(
          fmt::format("{} has no value there; {}=VALUE is wanted too", parameter.name(), parameter.name()));
    }
  }
  return point;
}

}  // namespace hpsearch::study
