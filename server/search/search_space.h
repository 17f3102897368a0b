// The space of a study: its parameters in the file's order, and what a point's places stand for. Pure; immutable
// after reading; may be read from any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "server/search/box.h"
#include "server/search/parameter.h"
#include "server/strategy/cube.h"

namespace hpsearch::search {

class SearchSpace {
 public:
  static constexpr std::size_t kMaxParameters = 1000;
  // A place is some bytes, and a round holds each axis's places: so many at most, of all axes together.
  static constexpr std::int64_t kMaxPlaces = 2'000'000;

  // The `parameters` section (null: no parameters, one point). Each parameter must be named by a usage, each
  // usage must name a parameter; both are faults otherwise.
  static SearchSpace Read(const model::Node& parameters, const std::vector<model::Usage>& usages,
                          model::Faults& faults);

  // What a grid cannot go over: the ranges, a fault each.
  void CheckGridded(model::Faults& faults) const;

  const std::vector<Parameter>& parameters() const { return parameters_; }
  const Parameter* Find(std::string_view name) const;
  // The value of a parameter at a point; for model::Substitute. nullopt: no such parameter.
  std::optional<Scalar> Value(const Point& point, std::string_view name) const;
  // {"learning_rate": 0.01, ...}: a mapping of all parameters, constants included, in the file's order.
  model::Node Values(const Point& point) const;

  // The space as strategies see it, a dimension a parameter.
  strategy::Cube cube() const;
  // The point that the coordinates mean. Requires: one of each dimension.
  Point FromCoordinates(const strategy::Coordinates& coordinates) const;
  // Settled: FromCoordinates of them is the point again, where it has no place that refinement made.
  strategy::Coordinates ToCoordinates(const Point& point) const;
  // Borrows the space.
  strategy::Settle settle() const;

  // The section in its canonical form: equal meaning, equal documents. Requires: it was read without faults.
  model::Node Document() const;

 private:
  std::vector<Parameter> parameters_;
};

}  // namespace hpsearch::search
