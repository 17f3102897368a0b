// The grid of a space: each distinct point once, numbered in the order of the file, the last parameter varying
// fastest. What conditions leave out of a point is skipped: it has one place there, Place::Absent().
//
// How: going through the parameters in order, all that matters of a prefix is what it has decided of the presence
// of later parameters. Prefixes that decide alike have the same continuations, so they are one node of a small
// diagram that knows how many points lie below each of its places (a decision diagram, as in box_sequence.h).
// Where a parameter decides nothing, its node is one multiplication; a grid without conditions has one such node
// an axis. Nothing is materialised; building visits each node once, a lookup each axis once.
//
// Borrows the space, which must outlive it. A value; const access from any thread; no errors.
#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "server/search/box.h"
#include "server/search/search_space.h"

namespace hpsearch::search {

class Grid {
 public:
  // What the conditions of a study may take: entries of all nodes together.
  static constexpr std::size_t kMostEntries = 1'000'000;

  // Requires: each parameter has a grid.
  explicit Grid(const SearchSpace& space);

  // The conditions make more different cases than kMostEntries: it has no size, and no points.
  bool too_entangled() const { return too_entangled_; }
  // nullopt: more than 2^63 - 1 points.
  std::optional<std::int64_t> size() const;
  Point At(std::int64_t index) const;                             // 0 <= index < size()
  std::optional<std::int64_t> IndexOf(const Point& point) const;  // nullopt: no point of the grid

 private:
  using Target = std::int32_t;
  static constexpr Target kEnd = -1;
  static constexpr std::int64_t kTooMany = std::numeric_limits<std::int64_t>::max();

  // What a prefix has decided of the presence of the parameters from an axis on: for each of them as many marks as
  // it has uses, at least one; of those that are always there none.
  using State = std::string;
  struct Node {
    bool absent = false;               // the parameter: one place, Place::Absent()
    std::vector<Target> next;          // of each place; one alone: of all of them
    std::vector<std::int64_t> before;  // points below the places before it, where `next` has one for each
    std::int64_t points = 0;           // below all of them
    std::size_t axis = 0;
  };

  void Build();
  // The prefix's state behind the axis, with the parameter at that place.
  State After(State state, std::size_t axis, const Place& place) const;
  // What the place decides of a later parameter, in its marks.
  void Mark(std::size_t parameter, std::size_t axis, const Place& place, char* marks) const;
  void Count(Node& node) const;
  std::int64_t PointsOf(Target target) const;
  std::size_t PlacesOf(const Node& node) const;

  const SearchSpace* space_;
  std::vector<std::size_t> offsets_;               // of each parameter's marks among all; one more entry: all
  std::vector<std::vector<std::size_t>> decided_;  // by each parameter: those whose presence hangs on it
  std::vector<Node> nodes_;                        // the first is the root; none: a space without parameters
  bool too_entangled_ = false;
};

}  // namespace hpsearch::search
