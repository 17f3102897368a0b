// A box: the product of one list of places an axis. Its points are numbered, the last axis varying fastest; a
// number and its point are turned into each other by arithmetic, and nothing is materialised. A value; const
// access from any thread; no errors.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "server/search/place.h"

namespace hpsearch::search {

// One place for each parameter of the space, in its order.
using Point = std::vector<Place>;

struct Box {
  std::vector<std::vector<Place>> axes;  // each not empty, and ascending

  // nullopt: more than 2^63 - 1 points.
  std::optional<std::int64_t> Size() const;
  Point At(std::int64_t index) const;                             // 0 <= index < Size()
  std::optional<std::int64_t> IndexOf(const Point& point) const;  // nullopt: not in it
};

// The index of a place in an ascending axis; nullopt: it is not there.
std::optional<std::size_t> IndexIn(const std::vector<Place>& axis, const Place& place);

// a * b, or nullopt where it is more than 2^63 - 1. Requires: both from 0.
std::optional<std::int64_t> CheckedProduct(std::int64_t a, std::int64_t b);

}  // namespace hpsearch::search
