// A parameter of a study and its axis: the values of round 1 and the lattice that refinement walks on.
//
// Values are a function of the place alone, so that the same place has the same bits in whatever round it turns
// up; points are compared by place, never by float. Pure; values are immutable after parsing and may be read from
// any thread.
#pragma once

#include <string>
#include <vector>

#include "server/model/document.h"
#include "server/model/fault.h"
#include "server/model/key_rule.h"
#include "server/search/generator.h"
#include "server/search/place.h"

namespace hpsearch::search {

class Parameter {
 public:
  // One entry of the `parameters` section. `usages` are all keys that name it: integer keys round and drop
  // repeats, domains and default bounds limit refinement. (Whether the values suit the keys is for study to
  // check.) Faults have paths at or below "parameters.<name>"; with faults, only the name is whole.
  static Parameter Read(const std::string& name, const model::Node& node, const std::vector<model::Usage>& usages,
                        model::Faults& faults);

  const std::string& name() const { return name_; }
  // Whether refinement moves along it: a gridded numeric axis of more than one point, not of integers.
  bool refinable() const { return refinable_; }
  // The places of round 1, in the order of the grid; `include`d values behind the generated ones. Ascending.
  const std::vector<Place>& places() const { return places_; }
  // The value at a place: numpy's to the bit on the first lattice.
  Scalar At(const Place& place) const;
  // Whether refinement may go there: a finite value inside the domain of every key that names it, and inside its
  // bounds (by default those of the keys).
  bool Allows(const Place& place) const;
  // The entry in its canonical form: defaults written out, numbers as numbers.
  const model::Node& document() const { return document_; }

 private:
  std::string name_;
  Generator generator_;
  bool refinable_ = false;
  std::vector<Scalar> listed_;  // by Place.numerator where Place.listed
  std::vector<Place> places_;
  model::Domain limits_;
  model::Node document_;
};

}  // namespace hpsearch::search
