#include "server/search/parameter.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "server/search/axis_reader.h"
#include "server/search/box.h"

namespace hpsearch::search {

using model::Node;

namespace {

// Values that differ by this part of them are one value, written in another way.
constexpr double kSameDigits = 1e-9;

}  // namespace

Parameter Parameter::Read(const std::string& name, const Node& node, const std::vector<model::Usage>& usages,
                          model::Faults& faults) {
  Parameter parameter;
  parameter.name_ = name;
  AxisReader reader(model::Join("parameters", name), usages, faults);
  std::optional<Axis> axis = reader.Read(node);
  if (!axis) return parameter;
  parameter.generator_ = std::move(axis->generator);
  parameter.refinable_ = std::holds_alternative<Range>(parameter.generator_) ||
                         (!axis->integer && LatticePoints(parameter.generator_) > 1);
  parameter.numbers_ = axis->numbers;
  parameter.listed_ = std::move(axis->listed);
  parameter.limits_ = axis->limits;
  parameter.document_ = std::move(axis->document);
  parameter.SetPlaces(axis->lattice_points);
  return parameter;
}

Parameter Parameter::Named(std::string name) const {
  Parameter named = *this;
  named.name_ = std::move(name);
  return named;
}

void Parameter::SetPlaces(std::int64_t lattice_points) {
  if (std::holds_alternative<Range>(generator_)) {
    ends_ = {LatticePlace(0), LatticePlace(1)};
    return;
  }
  if (const auto* range = std::get_if<IntRange>(&generator_)) {
    const bool few = range->high - range->low < IntRange::kMostLevels;
    for (std::int64_t i = range->low; i <= range->high; i = few ? i + 1 : std::max(range->high, i + 1)) {
      ends_.push_back(ListedPlace(i));
    }
    return;
  }
  places_.reserve(static_cast<std::size_t>(lattice_points) + listed_.size());
  for (std::int64_t i = 0; i < lattice_points; ++i) places_.push_back(LatticePlace(i));
  const auto listed = static_cast<std::int64_t>(listed_.size());
  for (std::int64_t i = 0; i < listed; ++i) places_.push_back(ListedPlace(i));
  SortLevels();
}

// `include`d values stand behind the generated ones and lie anywhere among them.
void Parameter::SortLevels() {
  if (LatticePoints(generator_) == 0) return;
  std::vector<double> values;
  values.reserve(places_.size());
  for (const Place& place : places_) values.push_back(*model::NumberIn(At(place)));
  if (std::is_sorted(values.begin(), values.end()) || std::is_sorted(values.rbegin(), values.rend())) return;
  by_level_.resize(places_.size());
  std::iota(by_level_.begin(), by_level_.end(), 0);
  std::sort(by_level_.begin(), by_level_.end(), [&](std::int32_t a, std::int32_t b) {
    return values[static_cast<std::size_t>(a)] < values[static_cast<std::size_t>(b)];
  });
  level_of_.resize(places_.size());
  for (std::size_t level = 0; level < by_level_.size(); ++level) {
    level_of_[static_cast<std::size_t>(by_level_[level])] = static_cast<std::int32_t>(level);
  }
}

Scalar Parameter::At(const Place& place) const {
  if (!place.listed) return LatticeValue(generator_, place);
  if (!std::holds_alternative<IntRange>(generator_)) return listed_[static_cast<std::size_t>(place.numerator)];
  if (numbers_) return static_cast<double>(place.numerator);
  return place.numerator;
}

bool Parameter::Has(const Place& place) const {
  if (gridded()) return IndexIn(places_, place).has_value();
  return place.listed == ends_.front().listed && ends_.front() <= place && place <= ends_.back();
}

bool Parameter::Allows(const Place& place) const {
  if (std::holds_alternative<Range>(generator_) && (place < ends_.front() || ends_.back() < place)) return false;
  const Scalar value = At(place);
  if (const auto* integer = std::get_if<std::int64_t>(&value))
    return limits_.Contains(static_cast<double>(*integer));
  const auto* number = std::get_if<double>(&value);
  return number == nullptr || (std::isfinite(*number) && limits_.Contains(*number));
}

strategy::Dimension Parameter::dimension() const {
  using Kind = strategy::Dimension::Kind;
  if (std::holds_alternative<Range>(generator_)) return {Kind::kContinuous, 0};
  if (const auto* range = std::get_if<IntRange>(&generator_)) return range->dimension();
  const bool ordinal = LatticePoints(generator_) > 0 && places_.size() > 1;
  return {ordinal ? Kind::kOrdinal : Kind::kCategorical, static_cast<std::int64_t>(places_.size())};
}

Place Parameter::FromUnit(double coordinate) const {
  if (strategy::IsAbsent(coordinate)) return Place::Absent();
  if (const auto* range = std::get_if<Range>(&generator_)) return range->FromUnit(coordinate);
  if (const auto* range = std::get_if<IntRange>(&generator_)) return range->FromUnit(coordinate);
  const auto levels = static_cast<double>(places_.size());
  return PlaceAt(static_cast<std::int64_t>(std::clamp(coordinate * levels, 0.0, levels - 1)));
}

const Place& Parameter::PlaceAt(std::int64_t level) const {
  const auto index = static_cast<std::size_t>(level);
  return places_[by_level_.empty() ? index : static_cast<std::size_t>(by_level_[index])];
}

bool Parameter::IsAt(const Place& place, const Scalar& value) const {
  const Scalar at = At(place);
  const std::optional<double> here = model::NumberIn(at), number = model::NumberIn(value);
  if (!here || !number) return at == value;
  return std::abs(*here - *number) <= kSameDigits * std::max(std::abs(*here), std::abs(*number));
}

std::optional<Place> Parameter::PlaceOf(const Scalar& value) const {
  const std::optional<double> number = model::NumberIn(value);
  if (LatticePoints(generator_) == 0 && gridded()) {
    const auto found = std::ranges::find_if(places_, [&](const Place& place) {
      const Scalar at = At(place);
      return at == value || (number && model::NumberIn(at) == number);  // 1 is 1.0
    });
    return found == places_.end() ? std::nullopt : std::optional(*found);
  }
  if (!number || !std::isfinite(*number)) return std::nullopt;
  if (const auto* range = std::get_if<Range>(&generator_)) return range->PlaceOf(*number);
  if (const auto* range = std::get_if<IntRange>(&generator_)) return range->PlaceOf(*number);
  // Levels go up or down: the first that does not come before the value, or the one in front of it.
  const auto at = [this](std::int64_t level) { return *model::NumberIn(At(PlaceAt(level))); };
  const auto last = std::ssize(places_) - 1;
  const bool up = at(0) <= at(last);
  std::int64_t from = 0, to = last;
  while (from < to) {
    const std::int64_t middle = from + (to - from) / 2;
    const bool before = up ? at(middle) < *number : at(middle) > *number;
    (before ? from : to) = before ? middle + 1 : middle;
  }
  if (from > 0 && std::abs(at(from - 1) - *number) < std::abs(at(from) - *number)) --from;
  return IsAt(PlaceAt(from), value) ? std::optional(PlaceAt(from)) : std::nullopt;
}

std::int64_t Parameter::LevelOf(const Place& place) const {
  const std::size_t index = *IndexIn(places_, place);
  return level_of_.empty() ? static_cast<std::int64_t>(index) : level_of_[index];
}

double Parameter::ToUnit(const Place& place) const {
  if (place.absent()) return strategy::kAbsent;
  if (const auto* range = std::get_if<Range>(&generator_)) return range->ToUnit(place);
  if (const auto* range = std::get_if<IntRange>(&generator_)) return range->ToUnit(place);
  const auto levels = static_cast<double>(places_.size());
  if (place.listed || place.denominator == 1) {
    const std::int64_t last = std::max<std::int64_t>(LatticePoints(generator_) - 1, 0);
    const Place inside = place.listed ? place : LatticePlace(std::clamp<std::int64_t>(place.numerator, 0, last));
    return (static_cast<double>(LevelOf(inside)) + 0.5) / levels;
  }
  // Between two whole places of the lattice, floor and floor + 1.
  const std::int64_t down = place.numerator / place.denominator - (place.numerator < 0 ? 1 : 0);
  const double share =
      static_cast<double>(place.numerator) / static_cast<double>(place.denominator) - static_cast<double>(down);
  return ToUnit(LatticePlace(down)) * (1 - share) + ToUnit(LatticePlace(down + 1)) * share;
}

}  // namespace hpsearch::search
