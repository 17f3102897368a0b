#include "server/search/search_space.h"

#include <fmt/format.h>

#include <algorithm>
#include <cassert>
#include <string>

#include "server/search/space_reader.h"

namespace hpsearch::search {

using model::Fault;
using model::Join;
using model::Node;

SearchSpace SearchSpace::Read(const Node& parameters, const std::vector<model::Usage>& usages,
                              model::Faults& faults) {
  return SpaceReader(usages, faults).Read(parameters);
}

void SearchSpace::CheckGridded(model::Faults& faults) const {
  for (const Entry& entry : entries_) {
    for (const char* kind : {"range", "int_range"}) {
      if (entry.document.Find(kind) == nullptr) continue;
      faults.push_back(
          {Join(Join("parameters", entry.name), kind),
           fmt::format("a range has no grid, which this search goes over; a strategy such as search: "
                       "{{random: {{trials: 50}}}} is wanted, or {}",
                       std::string_view(kind) == "range" ? "linspace or logspace" : "linspace or values"),
           Fault::At::kKey});
    }
  }
}

const Parameter* SearchSpace::Find(std::string_view name) const {
  for (const Parameter& parameter : parameters_) {
    if (parameter.name() == name) return &parameter;
  }
  return nullptr;
}

std::vector<std::size_t> SearchSpace::IndexesOf(std::string_view entry) const {
  std::vector<std::size_t> indexes;
  for (const Entry& each : entries_) {
    if (each.name != entry) continue;
    for (std::size_t i = 0; i < each.count; ++i) indexes.push_back(each.first + i);
  }
  return indexes;
}

bool SearchSpace::Present(std::size_t parameter, const Point& point) const {
  const Presence& presence = presences_[parameter];
  const auto holds = [&](const Term& term) {
    return term.Holds(parameters_[term.parameter()], point[term.parameter()]);
  };
  if (presence.never || !std::ranges::all_of(presence.when, holds)) return false;
  return presence.uses.empty() ||
         std::ranges::any_of(presence.uses, [&](const Terms& use) { return std::ranges::all_of(use, holds); });
}

Point SearchSpace::Settled(Point point) const {
  for (std::size_t i = 0; i < parameters_.size(); ++i) {
    if (!Present(i, point)) point[i] = Place::Absent();
  }
  return point;
}

bool SearchSpace::conditional() const {
  return !std::ranges::all_of(presences_, [](const Presence& presence) { return presence.always(); });
}

model::PerRepetition SearchSpace::per_repetition() const {
  return [this](std::string_view parameter) -> std::optional<std::string_view> {
    const auto entry = std::ranges::find(entries_, parameter, &Entry::name);
    if (entry == entries_.end() || entry->per.empty()) return std::nullopt;
    return entry->per;
  };
}

std::optional<Scalar> SearchSpace::Value(const Point& point, std::string_view name) const {
  for (std::size_t i = 0; i < parameters_.size(); ++i) {
    if (parameters_[i].name() != name) continue;
    return point[i].absent() ? std::nullopt : std::optional(parameters_[i].At(point[i]));
  }
  return std::nullopt;
}

Node SearchSpace::Values(const Point& point) const {
  Node::Mapping values;
  for (std::size_t i = 0; i < parameters_.size(); ++i) {
    if (point[i].absent()) continue;
    values.push_back({parameters_[i].name(), Node(parameters_[i].At(point[i]))});
  }
  return values;
}

strategy::Cube SearchSpace::cube() const {
  strategy::Cube cube;
  for (const Parameter& parameter : parameters_) cube.push_back(parameter.dimension());
  return cube;
}

Point SearchSpace::FromCoordinates(const strategy::Coordinates& coordinates) const {
  assert(coordinates.size() == parameters_.size());
  Point point;
  for (std::size_t i = 0; i < parameters_.size(); ++i) {
    // What is there has a value, also where whoever made the coordinates took it for absent.
    const double coordinate = strategy::IsAbsent(coordinates[i]) ? 0.5 : coordinates[i];
    point.push_back(Present(i, point) ? parameters_[i].FromUnit(coordinate) : Place::Absent());
  }
  return point;
}

strategy::Coordinates SearchSpace::ToCoordinates(const Point& point) const {
  assert(point.size() == parameters_.size());
  strategy::Coordinates coordinates;
  for (std::size_t i = 0; i < parameters_.size(); ++i) coordinates.push_back(parameters_[i].ToUnit(point[i]));
  return coordinates;
}

strategy::Settle SearchSpace::settle() const {
  return [this](strategy::Coordinates& coordinates) { coordinates = ToCoordinates(FromCoordinates(coordinates)); };
}

Node SearchSpace::Document() const {
  Node::Mapping document;
  for (const Entry& entry : entries_) document.push_back({entry.name, entry.document});
  return document;
}

}  // namespace hpsearch::search
