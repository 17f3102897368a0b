#include "server/search/parameter.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "server/search/axis_reader.h"

namespace hpsearch::search {

using model::Node;

Parameter Parameter::Read(const std::string& name, const Node& node, const std::vector<model::Usage>& usages,
                          model::Faults& faults) {
  Parameter parameter;
  parameter.name_ = name;
  AxisReader reader(model::Join("parameters", name), usages, faults);
  std::optional<Axis> axis = reader.Read(node);
  if (!axis) return parameter;
  parameter.generator_ = std::move(axis->generator);
  parameter.refinable_ = !axis->integer && LatticePoints(parameter.generator_) > 1;
  parameter.listed_ = std::move(axis->listed);
  parameter.limits_ = axis->limits;
  parameter.document_ = std::move(axis->document);
  parameter.places_.reserve(static_cast<std::size_t>(axis->lattice_points) + parameter.listed_.size());
  for (std::int64_t i = 0; i < axis->lattice_points; ++i) parameter.places_.push_back(LatticePlace(i));
  const auto listed = static_cast<std::int64_t>(parameter.listed_.size());
  for (std::int64_t i = 0; i < listed; ++i) parameter.places_.push_back(ListedPlace(i));
  return parameter;
}

Scalar Parameter::At(const Place& place) const {
  if (place.listed) return listed_[static_cast<std::size_t>(place.numerator)];
  return LatticeValue(generator_, place);
}

bool Parameter::Allows(const Place& place) const {
  const Scalar value = At(place);
  if (const auto* integer = std::get_if<std::int64_t>(&value))
    return limits_.Contains(static_cast<double>(*integer));
  const auto* number = std::get_if<double>(&value);
  return number == nullptr || (std::isfinite(*number) && limits_.Contains(*number));
}

}  // namespace hpsearch::search
