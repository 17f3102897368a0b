#include "server/search/box_sequence.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <algorithm>
#include <set>

#include "tests/server/search/place_generators.h"

namespace hpsearch::search {
namespace {

// The definition, point by point.
std::vector<Point> BoxAfterBox(const std::vector<Box>& boxes) {
  std::vector<Point> points;
  std::set<Point> seen;
  for (const Box& box : boxes) {
    for (std::int64_t i = 0; i < *box.Size(); ++i) {
      if (seen.insert(box.At(i)).second) points.push_back(box.At(i));
    }
  }
  return points;
}

TEST(BoxSequenceTest, EveryPointOnceBoxAfterBox) {
  EXPECT_TRUE(rc::check("equals going through all points", [] {
    const int axes = *rc::gen::inRange(0, 5);
    const int count = *rc::gen::inRange(1, 7);
    std::vector<Box> boxes;
    for (int b = 0; b < count; ++b) boxes.push_back(AnyBox(axes, 5));
    const std::vector<Point> expected = BoxAfterBox(boxes);
    const BoxSequence sequence(boxes);
    RC_ASSERT(sequence.size() == static_cast<std::int64_t>(expected.size()));
    for (std::int64_t i = 0; i < sequence.size(); ++i) {
      RC_ASSERT(sequence.At(i) == expected[static_cast<std::size_t>(i)]);
      RC_ASSERT(sequence.IndexOf(expected[static_cast<std::size_t>(i)]) == i);
    }
    Point other;
    for (int a = 0; a < axes; ++a) other.push_back(AnyPlace());
    const bool there = std::find(expected.begin(), expected.end(), other) != expected.end();
    RC_ASSERT(sequence.IndexOf(other).has_value() == there);
  }));
}

TEST(BoxSequenceTest, EqualBoxesAddNothing) {
  const Box box = {{{LatticePlace(0), LatticePlace(1)}, {LatticePlace(0)}}};
  EXPECT_EQ(BoxSequence({box, box, box}).size(), 2);
  EXPECT_EQ(BoxSequence({Box{}, Box{}}).size(), 1);
}

// Sixteen windows of nine axes, shifted against each other: 2 million points a box, none of them touched.
TEST(BoxSequenceTest, CountsLargeBoxesWithoutTouchingPoints) {
  std::vector<Box> boxes;
  for (int b = 0; b < 16; ++b) {
    Box box;
    for (int axis = 0; axis < 9; ++axis) {
      const int shift = (b >> (axis % 4)) & 1;
      std::vector<Place> places;
      for (int i = 0; i < 5; ++i) places.push_back(LatticePlace(i + 2 * shift, 2));
      box.axes.push_back(places);
    }
    boxes.push_back(box);
  }
  const BoxSequence sequence(boxes);
  EXPECT_GT(sequence.size(), *boxes[0].Size());
  EXPECT_LT(sequence.size(), 16 * *boxes[0].Size());
  for (std::int64_t i = 0; i < sequence.size(); i += sequence.size() / 1009) {
    const Point point = sequence.At(i);
    ASSERT_EQ(sequence.IndexOf(point), i);
  }
  // Along one axis the windows cover seven places; four groups of axes are shifted together, so that a point is in
  // the union where each group fits one window: 2 * 5^n - 3^n ways for a group of n axes.
  const auto ways = [](int axes) {
    std::int64_t five = 1, three = 1;
    for (int i = 0; i < axes; ++i) five *= 5, three *= 3;
    return 2 * five - three;
  };
  EXPECT_EQ(sequence.size(), ways(3) * ways(2) * ways(2) * ways(2));
}

}  // namespace
}  // namespace hpsearch::search
