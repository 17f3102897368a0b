// The space of a study: its parameters in the file's order, when each of them is there, and what a point's places
// stand for. A parameter that conditions leave out has the place Place::Absent() and no value. One that each
// repetition has its own of (`per: n`) is as many parameters, behind each other: name_1, name_2, ...
//
// Pure; immutable after reading; may be read from any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "server/model/references.h"
#include "server/search/box.h"
#include "server/search/parameter.h"
#include "server/search/presence.h"
#include "server/strategy/cube.h"

namespace hpsearch::search {

class SearchSpace {
 public:
  static constexpr std::size_t kMaxParameters = 1000;
  // A place is some bytes, and a round holds each axis's places: so many at most, of all axes together.
  static constexpr std::int64_t kMaxPlaces = 2'000'000;

  // The `parameters` section (null: no parameters, one point). Each parameter must be named by a usage, each
  // usage must name a parameter; both are faults otherwise. What the presence of a parameter hangs on stands in
  // front of it and is not refined.
  static SearchSpace Read(const model::Node& parameters, const std::vector<model::Usage>& usages,
                          model::Faults& faults);

  // What a grid cannot go over: the ranges, a fault each.
  void CheckGridded(model::Faults& faults) const;

  const std::vector<Parameter>& parameters() const { return parameters_; }
  const Parameter* Find(std::string_view name) const;
  // Of an entry of the section, all its parameters; none: there is no such entry.
  std::vector<std::size_t> IndexesOf(std::string_view entry) const;
  // Of `parameters()[parameter]`.
  const Presence& presence(std::size_t parameter) const { return presences_[parameter]; }
  // Whether the parameter is in the point, of which the places of earlier ones are looked at.
  bool Present(std::size_t parameter, const Point& point) const;
  // The point without what its own conditions leave out; what they do not has a place already.
  Point Settled(Point point) const;
  // Whether anything may be absent.
  bool conditional() const;
  // For model::Substitute.
  model::PerRepetition per_repetition() const;
  // The value of a parameter at a point; for model::Substitute. nullopt: no such parameter, or it is absent.
  std::optional<Scalar> Value(const Point& point, std::string_view name) const;
  // {"learning_rate": 0.01, ...}: a mapping of all that are there, constants included, in the file's order.
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
  friend class SpaceReader;
  // An entry of the section: one parameter, or one for each repetition.
  struct Entry {
    std::string name;
    model::Node document;
    std::string per;                   // what counts the repetitions; empty: one parameter
    std::size_t first = 0, count = 1;  // of parameters_
  };

  std::vector<Entry> entries_;
  std::vector<Parameter> parameters_;
  std::vector<Presence> presences_;  // of each parameter
};

}  // namespace hpsearch::search
