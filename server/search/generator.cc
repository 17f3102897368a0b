#include "server/search/generator.h"

#include <fmt/format.h>

#include <cmath>

#include "server/model/key_check.h"
#include "server/model/key_table.h"
#include "server/search/numpy_space.h"

namespace hpsearch::search {
namespace {

using model::Join;
using model::KeyTable;
using model::KeyType;
using model::Node;

// numpy's arguments, with numpy's defaults.
KeyTable SpaceKeys(const char* function) {
  return {.name = function,
          .keys = {{.key = "start", .required = true},
                   {.key = "stop", .required = true},
                   {.key = "num",
                    .type = KeyType::kInteger,
                    .default_value = 50,
                    .domain = {.low = 1, .high = static_cast<double>(kMaxAxisValues)}},
                   {.key = "endpoint", .type = KeyType::kBoolean, .default_value = true}}};
}

KeyTable LogspaceKeys() {
  KeyTable table = SpaceKeys("logspace");
  table.keys.push_back({.key = "base", .default_value = 10.0, .domain = {.low = 0, .low_open = true}});
  return table;
}

// From a mapping that SpaceKeys has checked.
template <typename Space>
Space SpaceOf(const Node& keys) {
  Space space;
  space.start = std::get<double>(keys.Find("start")->scalar());
  space.stop = std::get<double>(keys.Find("stop")->scalar());
  space.num = std::get<std::int64_t>(keys.Find("num")->scalar());
  space.endpoint = std::get<bool>(keys.Find("endpoint")->scalar());
  return space;
}

std::optional<Generator> ReadValues(const Node& node, const std::string& path, model::Faults& faults) {
  if (!node.is_sequence()) {
    faults.push_back({path, fmt::format("{}; a sequence of scalars is wanted", model::Describe(node))});
    return std::nullopt;
  }
  const std::size_t count = node.sequence().size();
  if (count == 0 || count > static_cast<std::size_t>(kMaxAxisValues)) {
    faults.push_back({path, fmt::format("{} values; from 1 to {} are wanted", count, kMaxAxisValues)});
    return std::nullopt;
  }
  const std::size_t before = faults.size();
  Values values;
  for (std::size_t i = 0; i < count; ++i) {
    const Node& value = node.sequence()[i];
    if (!value.is_scalar()) {
      faults.push_back({Join(path, i), fmt::format("{}; a scalar is wanted", model::Describe(value))});
    } else if (const auto fault = FaultOf(value.scalar())) {
      faults.push_back({Join(path, i), *fault});
    } else {
      values.values.push_back(value.scalar());
    }
  }
  if (faults.size() > before) return std::nullopt;
  return values;
}

std::optional<Generator> ReadGeomspace(const Node& keys, const std::string& path, model::Faults& faults) {
  const auto space = SpaceOf<Geomspace>(keys);
  const std::size_t before = faults.size();
  for (const auto& [key, end] : {std::pair("start", space.start), std::pair("stop", space.stop)}) {
    if (end != 0) continue;
    faults.push_back({Join(path, key),
                      "a geometric sequence never is 0; a number above or below 0 is wanted ("
                      "'include: [0]' beside it adds the value)"});
  }
  if (faults.size() == before && (space.start < 0) != (space.stop < 0)) {
    faults.push_back({Join(path, "stop"), fmt::format("{} and the start, {}, have different signs; a geometric "
                                                      "sequence wants two numbers above 0, or two below",
                                                      space.stop, space.start)});
  }
  if (faults.size() > before) return std::nullopt;
  return space;
}

}  // namespace

const std::vector<std::string>& GeneratorNames() {
  static const std::vector<std::string> names = {"values",    "linspace", "logspace",
                                                 "geomspace", "range",    "int_range"};
  return names;
}

std::optional<std::string> FaultOf(const Scalar& value) {
  if (const auto* number = std::get_if<double>(&value); number != nullptr && !std::isfinite(*number)) {
    return fmt::format("{} is not finite; a finite value is wanted", *number);
  }
  if (const auto* text = std::get_if<std::string>(&value)) return model::FaultOf(*text);
  return std::nullopt;
}

std::optional<Generator> ReadGenerator(std::string_view key, const Node& node, const std::string& path,
                                       model::Faults& faults) {
  if (key == "values") return ReadValues(node, path, faults);
  if (key == "range") return ReadRange(node, path, faults);
  if (key == "int_range") return ReadIntRange(node, path, faults);
  const KeyTable table =
      key == "logspace" ? LogspaceKeys() : SpaceKeys(key == "linspace" ? "linspace" : "geomspace");
  const std::size_t before = faults.size();
  Node keys = node;
  model::KeyChecker(faults, nullptr).CheckKeys(keys, table, path);
  if (faults.size() > before) return std::nullopt;
  if (key == "geomspace") return ReadGeomspace(keys, path, faults);
  if (key == "linspace") return SpaceOf<Linspace>(keys);
  auto space = SpaceOf<Logspace>(keys);
  space.base = std::get<double>(keys.Find("base")->scalar());
  return space;
}

Node GeneratorDocument(const Generator& generator) {
  if (const auto* constant = std::get_if<Constant>(&generator)) return Node(constant->value);
  if (const auto* values = std::get_if<Values>(&generator)) {
    Node::Sequence sequence;
    for (const Scalar& value : values->values) sequence.emplace_back(value);
    return sequence;
  }
  if (const auto* range = std::get_if<Range>(&generator)) return RangeDocument(*range);
  if (const auto* range = std::get_if<IntRange>(&generator)) return RangeDocument(*range);
  const auto arguments = [](const auto& space) {
    return Node(Node::Mapping{
        {"start", space.start}, {"stop", space.stop}, {"num", space.num}, {"endpoint", space.endpoint}});
  };
  if (const auto* space = std::get_if<Linspace>(&generator)) return arguments(*space);
  if (const auto* space = std::get_if<Geomspace>(&generator)) return arguments(*space);
  const auto& space = std::get<Logspace>(generator);
  Node document = arguments(space);
  document.Set("base", space.base);
  return document;
}

std::int64_t LatticePoints(const Generator& generator) {
  if (const auto* space = std::get_if<Linspace>(&generator)) return space->num;
  if (const auto* space = std::get_if<Logspace>(&generator)) return space->num;
  if (const auto* space = std::get_if<Geomspace>(&generator)) return space->num;
  return 0;
}

double LatticeValue(const Generator& generator, const Place& place) {
  if (const auto* range = std::get_if<Range>(&generator)) return range->At(place);
  if (const auto* space = std::get_if<Linspace>(&generator)) {
    return CoordinateAt({space->start, space->stop, space->num, space->endpoint}, place.numerator,
                        place.denominator);
  }
  if (const auto* space = std::get_if<Logspace>(&generator)) {
    const LinearScale scale = {space->start, space->stop, space->num, space->endpoint};
    return std::pow(space->base, CoordinateAt(scale, place.numerator, place.denominator));
  }
  const auto& space = std::get<Geomspace>(generator);
  if (place.denominator == 1 && 0 <= place.numerator && place.numerator < space.num) {
    return GeomspaceAt(space.start, space.stop, space.num, space.endpoint, place.numerator);
  }
  const LinearScale scale = GeometricScale(space.start, space.stop, space.num, space.endpoint);
  const double magnitude = std::pow(10.0, CoordinateAt(scale, place.numerator, place.denominator));
  return space.start < 0 ? -magnitude : magnitude;
}

}  // namespace hpsearch::search
