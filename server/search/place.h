// A place on a parameter's axis, exactly: a rational index on the lattice start + index * step of the axis's own
// scale, or the index of a listed value. Points are compared by place, never by float. A value.
#pragma once

#include <compare>
#include <cstdint>

namespace hpsearch::search {

// numerator / denominator in lowest terms, denominator > 0, of a lattice; or, with `listed`, the index of a value
// that stands in a list (a constant, `values`, `include`, an integer axis) and is never refined; of an int_range
// the integer itself.
struct Place {
  // Where conditions leave the parameter out of the point; a place of its own, in front of all listed ones.
  static Place Absent();
  bool absent() const { return *this == Absent(); }

  std::int64_t numerator = 0;
  std::int64_t denominator = 1;
  bool listed = false;

  bool operator==(const Place&) const = default;
  // Along the lattice, then along the list: the order in which an axis holds its places.
  std::strong_ordering operator<=>(const Place& other) const;
};

// numerator / denominator in lowest terms. Requires: denominator > 0.
Place LatticePlace(std::int64_t numerator, std::int64_t denominator = 1);
Place ListedPlace(std::int64_t index);

}  // namespace hpsearch::search
