// The space of a study: its parameters in the file's order, and what a point's places stand for. Pure; immutable
// after reading; may be read from any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "server/search/box.h"
#include "server/search/parameter.h"

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

  const std::vector<Parameter>& parameters() const { return parameters_; }
  const Parameter* Find(std::string_view name) const;
  // The value of a parameter at a point; for model::Substitute. nullopt: no such parameter.
  std::optional<Scalar> Value(const Point& point, std::string_view name) const;
  // {"learning_rate": 0.01, ...}: a mapping of all parameters, constants included, in the file's order.
  model::Node Values(const Point& point) const;
  // The section in its canonical form: equal meaning, equal documents. Requires: it was read without faults.
  model::Node Document() const;

 private:
  std::vector<Parameter> parameters_;
};

}  // namespace hpsearch::search
