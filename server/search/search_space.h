// The space of a study: its parameters in the file's order, and the points over them. The grid is an index: a
// point's number and the point are turned into each other by arithmetic; nothing is materialised. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "server/search/parameter.h"

namespace hpsearch::search {

// One place for each parameter of the space, in its order.
using Point = std::vector<Place>;

class SearchSpace {
 public:
  // The `parameters` section (null: no parameters, one point). Each parameter must be named by a usage, each
  // usage must name a parameter; both are faults otherwise.
  static SearchSpace Read(const model::Node& parameters, const std::vector<model::Usage>& usages,
                          model::Faults& faults);

  const std::vector<Parameter>& parameters() const { return parameters_; }
  const Parameter* Find(std::string_view name) const;
  // The value of a parameter at a point; for model::Substitute. nullopt: no such parameter.
  std::optional<Scalar> Value(const Point& point, std::string_view name) const;
  // {"learning_rate": 0.01, ...}: a mapping of all parameters, constants included, in the file's order.
  model::Node Values(const Point& point) const;

 private:
  std::vector<Parameter> parameters_;
};

// The product of one list of places an axis; the last axis varies fastest.
struct Box {
  std::vector<std::vector<Place>> axes;

  // nullopt: more than 2^63 - 1 points.
  std::optional<std::int64_t> Size() const;
  Point At(std::int64_t index) const;                            // 0 <= index < Size()
  std::optional<std::int64_t> IndexOf(const Point& point) const;  // nullopt: not in it
};

}  // namespace hpsearch::search
