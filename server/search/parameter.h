// A parameter of a study and its axis: the values of round 1, the lattice that refinement walks on, and how both
// lie in the unit interval that strategies see.
//
// Values are a function of the place alone, so that the same place has the same bits in whatever round it turns
// up; points are compared by place, never by float. Pure; values are immutable after parsing and may be read from
// any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "server/model/document.h"
#include "server/model/fault.h"
#include "server/model/key_rule.h"
#include "server/search/generator.h"
#include "server/search/place.h"
#include "server/strategy/cube.h"

namespace hpsearch::search {

class Parameter {
 public:
  // One entry of the `parameters` section. `usages` are all keys that name it: integer keys round and drop
  // repeats, domains and default bounds limit refinement. (Whether the values suit the keys is for study to
  // check.) Faults have paths at or below "parameters.<name>"; with faults, only the name is whole.
  static Parameter Read(const std::string& name, const model::Node& node, const std::vector<model::Usage>& usages,
                        model::Faults& faults);

  // The same under another name.
  Parameter Named(std::string name) const;

  const std::string& name() const { return name_; }
  // Whether refinement moves along it: a numeric axis of more than one point, not of integers.
  bool refinable() const { return refinable_; }
  // Whether it has a grid; a range has none.
  bool gridded() const { return !places_.empty(); }
  // The places of the grid, in its order; `include`d values behind the generated ones. Ascending; none of a range.
  const std::vector<Place>& places() const { return places_; }
  // Those that stand for all in checks of single values: the grid's, or few integers; else both ends, since what
  // takes both takes all between them. Ascending, at least one.
  const std::vector<Place>& probes() const { return gridded() ? places_ : ends_; }
  // The value at a place: numpy's to the bit on the first lattice.
  Scalar At(const Place& place) const;
  // Whether a place has that value but for its last digits, as where it was printed; of what is no number, that
  // value. Requires: the place is not absent.
  bool IsAt(const Place& place, const Scalar& value) const;
  // The place that has a value: of a range the nearest one, of numpy's spaces that of a value which differs in its
  // last digits at most, as where it was printed. nullopt: there is none.
  std::optional<Place> PlaceOf(const Scalar& value) const;
  // Whether it is one of the grid's, or in the range.
  bool Has(const Place& place) const;
  // Whether refinement may go there: a finite value inside the domain of every key that names it, and inside its
  // bounds (by default those of the keys).
  bool Allows(const Place& place) const;

  // In the unit cube: a gridded axis is ordinal, its values in their order; values and booleans are categorical, a
  // constant is one level.
  strategy::Dimension dimension() const;
  // The place that a coordinate means; of kAbsent Place::Absent().
  Place FromUnit(double coordinate) const;
  // A level's middle, or where on its range the place lies, so that FromUnit finds the same place; of a place that
  // refinement put between the grid's the coordinate between theirs. Of Place::Absent() kAbsent.
  double ToUnit(const Place& place) const;

  // The entry in its canonical form: defaults written out, numbers as numbers.
  const model::Node& document() const { return document_; }

 private:
  void SetPlaces(std::int64_t lattice_points);
  void SortLevels();
  const Place& PlaceAt(std::int64_t level) const;
  // The level of one of the grid's places. Requires: it is one.
  std::int64_t LevelOf(const Place& place) const;

  std::string name_;
  Generator generator_;
  bool refinable_ = false;
  bool numbers_ = false;        // only number keys name it
  std::vector<Scalar> listed_;  // by Place.numerator where Place.listed
  std::vector<Place> places_;
  std::vector<Place> ends_;  // probes of a range
  // Indices into places_ in the order of their values, and the other way round; empty where that is their own.
  std::vector<std::int32_t> by_level_, level_of_;
  model::Domain limits_;
  model::Node document_;
};

}  // namespace hpsearch::search
