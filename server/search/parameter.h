// A parameter of a study and its axis: the values of round 1 and the lattice that refinement walks on.
//
// A place on an axis is exact: a rational index on the lattice start + index * step of the axis's own scale, or
// the index of a listed value. Values are a function of the place alone, so that the same place has the same
// bits in whatever round it turns up; points are compared by place, never by float. Pure; values are immutable
// after parsing and may be read from any thread.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "server/model/document.h"
#include "server/model/fault.h"
#include "server/model/key_rule.h"

namespace hpsearch::search {

using model::Scalar;

// numerator / denominator in lowest terms, denominator > 0, of a lattice; or, with `listed`, the index of a value
// that stands in a list (a constant, `values`, `include`, an integer axis) and is never refined.
struct Place {
  std::int64_t numerator = 0;
  std::int64_t denominator = 1;
  bool listed = false;
  auto operator<=>(const Place&) const = default;
};

struct Constant { Scalar value; };
struct Values { std::vector<Scalar> values; };
struct Linspace { double start = 0, stop = 0; std::int64_t num = 50; bool endpoint = true; };
struct Logspace { double start = 0, stop = 0; std::int64_t num = 50; bool endpoint = true; double base = 10; };
struct Geomspace { double start = 0, stop = 0; std::int64_t num = 50; bool endpoint = true; };
using Generator = std::variant<Constant, Values, Linspace, Logspace, Geomspace>;

class Parameter {
 public:
  // One entry of the `parameters` section. `usages` are all keys that name it: integer keys round and drop
  // repeats, domains and default bounds limit values and refinement. Faults have paths below
  // "parameters.<name>".
  static Parameter Read(const std::string& name, const model::Node& node, const std::vector<model::Usage>& usages,
                        model::Faults& faults);

  const std::string& name() const { return name_; }
  bool constant() const { return std::holds_alternative<Constant>(generator_); }
  // Whether refinement moves along it: a gridded numeric axis of more than one point, not of integers.
  bool refinable() const { return refinable_; }
  // The places of round 1, in the order of the grid; `include`d values behind the generated ones.
  const std::vector<Place>& places() const { return places_; }
  // The value at a place: numpy's to the bit on the first lattice.
  Scalar At(const Place& place) const;
  // Whether refinement may go there: inside the domain of every key that names it, and inside its bounds.
  bool Allows(const Place& place) const;

 private:
  std::string name_;
  Generator generator_;
  bool refinable_ = false;
  bool integer_ = false;
  std::vector<Scalar> listed_;  // by Place.numerator where Place.listed
  std::vector<Place> places_;
  model::Domain limits_;
};

}  // namespace hpsearch::search
