#include "server/search/range.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "server/model/canonical_value.h"
#include "server/model/key_check.h"
#include "server/model/key_table.h"

namespace hpsearch::search {
namespace {

using model::Join;
using model::KeyTable;
using model::KeyType;
using model::Node;

constexpr double kBelowOne = 1 - 0x1p-53;

// low (high / low)^t, without the quotient, which may overflow.
double Power(double low, double high, double t) {
  return std::exp(std::log(low) + t * (std::log(high) - std::log(low)));
}

KeyTable RangeKeys(const char* name, model::KeyRule end) {
  KeyTable table = {.name = name};
  for (const char* key : {"low", "high"}) {
    end.key = key;
    table.keys.push_back(end);
  }
  table.keys.push_back(
      {.key = "scale", .type = KeyType::kText, .default_value = ScaleNames().front(), .choices = ScaleNames()});
  return table;
}

// The checked keys; nullopt: they have faults, which were added.
std::optional<Node> CheckedKeys(Node keys, const KeyTable& table, const std::string& path, model::Faults& faults) {
  const std::size_t before = faults.size();
  model::KeyChecker(faults, nullptr).CheckKeys(keys, table, path);
  if (faults.size() > before) return std::nullopt;
  return keys;
}

Scale ScaleIn(const Node& keys) {
  return *model::EnumNamed<Scale>(model::Value<std::string>(keys, "scale"), ScaleNames());
}

template <class Ends>
bool LogarithmsAreThere(const Ends& range, const std::string& path, model::Faults& faults) {
  if (range.scale == Scale::kLinear || range.low > 0) return true;
  faults.push_back({Join(path, "low"),
                    fmt::format("{} has no logarithm; a number above 0 is wanted, or scale: linear", range.low)});
  return false;
}

template <class Ends>
Node DocumentOf(const Ends& range) {
  return Node::Mapping{
      {"low", range.low}, {"high", range.high}, {"scale", ScaleNames()[static_cast<std::size_t>(range.scale)]}};
}

}  // namespace

const std::vector<std::string>& ScaleNames() {
  static const std::vector<std::string> names = {"linear", "log", "reverse_log"};
  return names;
}

double Range::At(const Place& place) const {
  if (place.numerator == 0) return low;
  if (place.numerator == place.denominator) return high;
  const double t = static_cast<double>(place.numerator) / static_cast<double>(place.denominator);
  switch (scale) {
    case Scale::kLinear:
      return std::clamp(low + t * (high - low), low, high);
    case Scale::kLog:
      return std::clamp(Power(low, high, t), low, high);
    case Scale::kReverseLog:
      return std::clamp(low + (high - Power(low, high, 1 - t)), low, high);
  }
  return low;
}

Place Range::FromUnit(double coordinate) const {
  const double share = std::clamp(coordinate, 0.0, 1.0) * static_cast<double>(kDenominator);
  return LatticePlace(static_cast<std::int64_t>(std::nearbyint(share)), kDenominator);
}

double Range::ToUnit(const Place& place) const {
  const double t = static_cast<double>(place.numerator) / static_cast<double>(place.denominator);
  return std::clamp(t, 0.0, kBelowOne);
}

std::optional<Place> Range::PlaceOf(double value) const {
  if (!(low <= value && value <= high)) return std::nullopt;
  const auto share = [this](double x) { return (std::log(x) - std::log(low)) / (std::log(high) - std::log(low)); };
  switch (scale) {
    case Scale::kLinear:
      return FromUnit((value - low) / (high - low));
    case Scale::kLog:
      return FromUnit(share(value));
    case Scale::kReverseLog:
      return FromUnit(1 - share(low + (high - value)));
  }
  return std::nullopt;
}

std::optional<Place> IntRange::PlaceOf(double value) const {
  if (value != std::floor(value) || value < static_cast<double>(low) || static_cast<double>(high) < value) {
    return std::nullopt;
  }
  return ListedPlace(static_cast<std::int64_t>(value));
}

Place IntRange::FromUnit(double coordinate) const {
  const double u = std::clamp(coordinate, 0.0, kBelowOne);
  const auto number = [&](double at) { return std::clamp(static_cast<std::int64_t>(at), low, high); };
  if (scale == Scale::kLinear) {
    const auto count = static_cast<double>(high - low + 1);
    return ListedPlace(std::min(low + static_cast<std::int64_t>(u * count), high));
  }
  const double first = static_cast<double>(low) - 0.5;
  const double last = static_cast<double>(high) + 0.5;
  if (scale == Scale::kLog) return ListedPlace(number(std::nearbyint(Power(first, last, u))));
  return ListedPlace(low + high - number(std::nearbyint(Power(first, last, 1 - u))));
}

double IntRange::ToUnit(const Place& place) const {
  if (scale == Scale::kLinear) {
    const auto count = static_cast<double>(high - low + 1);
    return std::clamp((static_cast<double>(place.numerator - low) + 0.5) / count, 0.0, kBelowOne);
  }
  const bool mirrored = scale == Scale::kReverseLog;
  const auto number = static_cast<double>(mirrored ? low + high - place.numerator : place.numerator);
  const double first = std::log(static_cast<double>(low) - 0.5);
  const double last = std::log(static_cast<double>(high) + 0.5);
  const double u = (std::log(number) - first) / (last - first);
  return std::clamp(mirrored ? 1 - u : u, 0.0, kBelowOne);
}

strategy::Dimension IntRange::dimension() const {
  using Kind = strategy::Dimension::Kind;
  const std::int64_t count = high - low + 1;
  if (count == 1) return {Kind::kCategorical, 1};
  if (scale == Scale::kLinear && count <= kMostLevels) return {Kind::kOrdinal, count};
  return {Kind::kContinuous, 0};
}

std::optional<Range> ReadRange(const Node& node, const std::string& path, model::Faults& faults) {
  const std::optional<Node> keys = CheckedKeys(node, RangeKeys("range", {.required = true}), path, faults);
  if (!keys) return std::nullopt;
  const Range range = {model::Value<double>(*keys, "low"), model::Value<double>(*keys, "high"), ScaleIn(*keys)};
  if (!(range.low < range.high)) {
    faults.push_back({Join(path, "high"), fmt::format("{} is not above the low end, {}; a higher number is wanted",
                                                      range.high, range.low)});
    return std::nullopt;
  }
  if (!std::isfinite(range.high - range.low)) {
    faults.push_back({path, "the ends are too far apart for the numbers between them; closer ones are wanted"});
    return std::nullopt;
  }
  if (!LogarithmsAreThere(range, path, faults)) return std::nullopt;
  return range;
}

std::optional<IntRange> ReadIntRange(const Node& node, const std::string& path, model::Faults& faults) {
  const model::KeyRule end = {.type = KeyType::kInteger,
                              .required = true,
                              .domain = {.low = -IntRange::kFarthest, .high = IntRange::kFarthest}};
  const std::optional<Node> keys = CheckedKeys(node, RangeKeys("int_range", end), path, faults);
  if (!keys) return std::nullopt;
  const IntRange range = {model::Value<std::int64_t>(*keys, "low"), model::Value<std::int64_t>(*keys, "high"),
                          ScaleIn(*keys)};
  if (range.low > range.high) {
    faults.push_back({Join(path, "high"), fmt::format("{} is below the low end, {}; a higher integer is wanted",
                                                      range.high, range.low)});
    return std::nullopt;
  }
  if (!LogarithmsAreThere(range, path, faults)) return std::nullopt;
  return range;
}

Node RangeDocument(const Range& range) { return DocumentOf(range); }
Node RangeDocument(const IntRange& range) { return DocumentOf(range); }

}  // namespace hpsearch::search
