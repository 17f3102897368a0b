// Boxes one after the other, a point once: a point that an earlier box holds is passed over in the later ones.
// What is left of a box is numbered in the box's own order, and a number and its point are turned into each other
// without materialising points.
//
// How: going through a box's axes in order, all that matters of a prefix is which earlier boxes it still lies in.
// Prefixes that lie in the same ones have the same continuations, so they are one node of a small diagram that
// knows how many points each of its places leads to (a decision diagram; counts only add, and nothing is
// subtracted, so that what fits 63 bits stays there). A prefix that lies in no earlier box needs no node: the rest
// of the box is whole. A box after k others has at most min(2^k, points) nodes an axis; boxes that lie apart have
// none. Building visits each node's places once, a lookup each axis once with a binary search in it.
//
// A value; const access from any thread; no errors.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "server/search/box.h"

namespace hpsearch::search {

class BoxSequence {
 public:
  static constexpr std::size_t kMaxBoxes = 16;

  BoxSequence() = default;
  // Requires: at most kMaxBoxes boxes over the same axes, whose sizes together fit 63 bits.
  explicit BoxSequence(std::vector<Box> boxes);

  const std::vector<Box>& boxes() const { return boxes_; }
  std::int64_t size() const { return first_.back(); }
  Point At(std::int64_t index) const;                             // 0 <= index < size()
  std::optional<std::int64_t> IndexOf(const Point& point) const;  // nullopt: in none of them

 private:
  // Where a place leads: to a node, or to an end.
  using Target = std::int32_t;
  static constexpr Target kWhole = -1;  // no earlier box holds anything of the rest
  static constexpr Target kTaken = -2;  // an earlier box holds this point

  struct Node {
    std::vector<Target> next;          // of each place of the axis
    std::vector<std::int64_t> before;  // points below the places before it; one more entry: all points
  };
  struct Remainder {
    Target root = kWhole;
    std::vector<Node> nodes;
    std::vector<std::int64_t> volume;  // points of the whole box from an axis on; one more entry: 1
  };

  static Remainder Subtract(const Box& box, const std::vector<Box>& boxes, std::size_t earlier);
  static std::int64_t Count(const Remainder& remainder, Target target, std::size_t axis);

  std::vector<Box> boxes_;
  std::vector<Remainder> remainders_;
  std::vector<std::int64_t> first_ = {0};  // the number of each box's first point; one more entry: all points
};

}  // namespace hpsearch::search
