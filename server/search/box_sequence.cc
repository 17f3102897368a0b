#include "server/search/box_sequence.h"

#include <algorithm>
#include <cassert>
#include <map>

namespace hpsearch::search {
namespace {

// A set of earlier boxes, a bit each.
using BoxSet = std::uint32_t;
static_assert(BoxSequence::kMaxBoxes <= 32);

// For each axis and place of `box`: which of the first `earlier` boxes have that place on that axis.
std::vector<std::vector<BoxSet>> Holders(const Box& box, const std::vector<Box>& boxes, std::size_t earlier) {
  std::vector<std::vector<BoxSet>> holders(box.axes.size());
  for (std::size_t axis = 0; axis < box.axes.size(); ++axis) {
    for (const Place& place : box.axes[axis]) {
      BoxSet set = 0;
      for (std::size_t b = 0; b < earlier; ++b) {
        if (IndexIn(boxes[b].axes[axis], place)) set |= BoxSet{1} << b;
      }
      holders[axis].push_back(set);
    }
  }
  return holders;
}

}  // namespace

std::int64_t BoxSequence::Count(const Remainder& remainder, Target target, std::size_t axis) {
  if (target == kWhole) return remainder.volume[axis];
  if (target == kTaken) return 0;
  return remainder.nodes[static_cast<std::size_t>(target)].before.back();
}

BoxSequence::Remainder BoxSequence::Subtract(const Box& box, const std::vector<Box>& boxes, std::size_t earlier) {
  const std::size_t axes = box.axes.size();
  Remainder remainder;
  remainder.volume.assign(axes + 1, 1);
  for (std::size_t a = axes; a-- > 0;) {
    remainder.volume[a] = remainder.volume[a + 1] * static_cast<std::int64_t>(box.axes[a].size());
  }
  if (earlier == 0) return remainder;

  const std::vector<std::vector<BoxSet>> holders = Holders(box, boxes, earlier);
  std::vector<std::map<BoxSet, Target>> level(axes);  // nodes by the boxes that their prefixes lie in
  std::vector<std::size_t> axis_of;
  const auto target_of = [&](std::size_t axis, BoxSet set) -> Target {
    if (set == 0) return kWhole;
    if (axis == axes) return kTaken;
    const auto [found, is_new] = level[axis].try_emplace(set, static_cast<Target>(remainder.nodes.size()));
    if (is_new) {
      remainder.nodes.emplace_back();
      axis_of.push_back(axis);
    }
    return found->second;
  };

  remainder.root = target_of(0, (BoxSet{1} << earlier) - 1);
  for (std::size_t axis = 0; axis < axes; ++axis) {
    for (const auto& [set, node] : level[axis]) {
      std::vector<Target> next;
      for (const BoxSet holder : holders[axis]) next.push_back(target_of(axis + 1, set & holder));
      remainder.nodes[static_cast<std::size_t>(node)].next = std::move(next);
    }
  }
  // A node stands behind those that lead to it.
  for (std::size_t n = remainder.nodes.size(); n-- > 0;) {
    Node& node = remainder.nodes[n];
    node.before = {0};
    for (const Target next : node.next) {
      node.before.push_back(node.before.back() + Count(remainder, next, axis_of[n] + 1));
    }
  }
  return remainder;
}

BoxSequence::BoxSequence(std::vector<Box> boxes) : boxes_(std::move(boxes)) {
  assert(boxes_.size() <= kMaxBoxes);
  for (std::size_t b = 0; b < boxes_.size(); ++b) {
    remainders_.push_back(Subtract(boxes_[b], boxes_, b));
    first_.push_back(first_.back() + Count(remainders_[b], remainders_[b].root, 0));
  }
}

Point BoxSequence::At(std::int64_t index) const {
  assert(0 <= index && index < size());
  const auto box_index =
      static_cast<std::size_t>(std::upper_bound(first_.begin(), first_.end(), index) - first_.begin() - 1);
  const Box& box = boxes_[box_index];
  const Remainder& remainder = remainders_[box_index];
  index -= first_[box_index];

  Point point;
  Target target = remainder.root;
  for (std::size_t axis = 0; axis < box.axes.size(); ++axis) {
    std::size_t digit = 0;
    if (target == kWhole) {
      digit = static_cast<std::size_t>(index / remainder.volume[axis + 1]);
      index %= remainder.volume[axis + 1];
    } else {
      const Node& node = remainder.nodes[static_cast<std::size_t>(target)];
      digit = static_cast<std::size_t>(std::upper_bound(node.before.begin(), node.before.end(), index) -
                                       node.before.begin() - 1);
      index -= node.before[digit];
      target = node.next[digit];
    }
    point.push_back(box.axes[axis][digit]);
  }
  return point;
}

std::optional<std::int64_t> BoxSequence::IndexOf(const Point& point) const {
  for (std::size_t b = 0; b < boxes_.size(); ++b) {
    const Box& box = boxes_[b];
    if (!box.IndexOf(point)) continue;
    // The first box that holds it is the one that it is numbered in.
    const Remainder& remainder = remainders_[b];
    std::int64_t index = first_[b];
    Target target = remainder.root;
    for (std::size_t axis = 0; axis < box.axes.size(); ++axis) {
      const std::size_t digit = *IndexIn(box.axes[axis], point[axis]);
      if (target == kWhole) {
        index += static_cast<std::int64_t>(digit) * remainder.volume[axis + 1];
      } else {
        const Node& node = remainder.nodes[static_cast<std::size_t>(target)];
        index += node.before[digit];
        target = node.next[digit];
      }
    }
    return index;
  }
  return std::nullopt;
}

}  // namespace hpsearch::search
