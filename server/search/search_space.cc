#include "server/search/search_space.h"

#include <fmt/format.h>

#include <cassert>
#include <string>
#include <unordered_map>
#include <unordered_set>

#include "server/model/names.h"
#include "server/model/references.h"

namespace hpsearch::search {
namespace {

using model::Fault;
using model::Join;
using model::Node;
using model::Usage;

// A fault that says what there is compares all names, which a hostile file has many of.
constexpr int kMostExplained = 100;

bool IsName(const std::string& name) { return model::ReferenceIn(Node("$" + name)) == std::string_view(name); }

void CheckUsages(const Node& parameters, const std::vector<Usage>& usages, model::Faults& faults) {
  std::vector<std::string> names;
  if (parameters.is_mapping()) {
    for (const Node::Entry& entry : parameters.mapping()) names.push_back(entry.key);
  }
  const std::unordered_set<std::string> known(names.begin(), names.end());
  int explained = 0;
  for (const Usage& usage : usages) {
    if (known.contains(usage.parameter)) continue;
    if (++explained > kMostExplained) names.clear();
    faults.push_back({usage.path, model::UnknownName("parameter", usage.parameter, names)});
  }
}

}  // namespace

SearchSpace SearchSpace::Read(const Node& parameters, const std::vector<Usage>& usages, model::Faults& faults) {
  SearchSpace space;
  CheckUsages(parameters, usages, faults);
  if (parameters.is_null()) return space;
  if (!parameters.is_mapping()) {
    faults.push_back({"parameters", fmt::format("{}; a mapping of names to values is wanted, such as {{dropout: "
                                                "{{linspace: {{start: 0, stop: 0.5, num: 6}}}}}}",
                                                model::Describe(parameters))});
    return space;
  }
  if (parameters.mapping().size() > kMaxParameters) {
    faults.push_back({"parameters", fmt::format("{} parameters; at most {} are wanted",
                                                parameters.mapping().size(), kMaxParameters)});
    return space;
  }
  std::unordered_map<std::string, std::vector<Usage>> by_name;
  for (const Usage& usage : usages) by_name[usage.parameter].push_back(usage);

  std::int64_t places = 0;
  for (const auto& [name, node] : parameters.mapping()) {
    const std::string path = Join("parameters", name);
    const std::vector<Usage>& of_name = by_name[name];
    if (!IsName(name)) {
      faults.push_back({path,
                        "a parameter's name is a small letter, then small letters, digits and underscores: "
                        "[a-z][a-z0-9_]*",
                        Fault::At::kKey});
    } else if (of_name.empty()) {
      faults.push_back({path,
                        fmt::format("nothing names this parameter; '${}' at a key of model, training or dataset "
                                    "does, or leave it out",
                                    name),
                        Fault::At::kKey});
    }
    space.parameters_.push_back(Parameter::Read(name, node, of_name, faults));
    places += static_cast<std::int64_t>(space.parameters_.back().places().size());
    if (places > kMaxPlaces) {
      faults.push_back(
          {path, fmt::format("with its values the parameters have more than {}; fewer are wanted", kMaxPlaces)});
      return space;
    }
  }
  return space;
}

void SearchSpace::CheckGridded(model::Faults& faults) const {
  for (const Parameter& parameter : parameters_) {
    if (parameter.gridded()) continue;
    const std::string& kind = parameter.document().mapping().front().key;
    faults.push_back({Join(Join("parameters", parameter.name()), kind),
                      fmt::format("a range has no grid, which this search goes over; a strategy such as search: "
                                  "{{random: {{trials: 50}}}} is wanted, or {}",
                                  kind == "range" ? "linspace or logspace" : "linspace or values"),
                      Fault::At::kKey});
  }
}

const Parameter* SearchSpace::Find(std::string_view name) const {
  for (const Parameter& parameter : parameters_) {
    if (parameter.name() == name) return &parameter;
  }
  return nullptr;
}

std::optional<Scalar> SearchSpace::Value(const Point& point, std::string_view name) const {
  for (std::size_t i = 0; i < parameters_.size(); ++i) {
    if (parameters_[i].name() == name) return parameters_[i].At(point[i]);
  }
  return std::nullopt;
}

Node SearchSpace::Values(const Point& point) const {
  Node::Mapping values;
  for (std::size_t i = 0; i < parameters_.size(); ++i) {
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
    point.push_back(parameters_[i].FromUnit(coordinate));
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
  for (const Parameter& parameter : parameters_) document.push_back({parameter.name(), parameter.document()});
  return document;
}

}  // namespace hpsearch::search
