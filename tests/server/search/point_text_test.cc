#include "server/search/point_text.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace hpsearch::search {
namespace {

TEST(PointText, SpellsPlaces) {
  const Point point = {LatticePlace(6, 16), LatticePlace(-2), ListedPlace(4), Place::Absent(), ListedPlace(-7)};
  EXPECT_EQ(ToText(point), "3/8 -2 #4 - #-7");
  EXPECT_EQ(PointFrom("3/8 -2 #4 - #-7"), point);
  EXPECT_EQ(PointFrom(""), Point());
}

TEST(PointText, RefusesWhatItDoesNotWrite) {
  for (const char* text : {" ", "1 ", "1  2", "a", "#", "1/", "/2", "1/0", "1/-2", "2/4", "1/2/3", "0x1", "1.5",
                           "#1/2", "99999999999999999999", "--", "+1"}) {
    EXPECT_EQ(PointFrom(text), std::nullopt) << text;
  }
}

RC_GTEST_PROP(PointText, IsExact, ()) {
  Point point;
  for (int i = *rc::gen::inRange(0, 8); i > 0; --i) {
    const auto number = *rc::gen::arbitrary<std::int64_t>();
    switch (*rc::gen::inRange(0, 3)) {
      case 0:
        point.push_back(LatticePlace(number / 2, *rc::gen::inRange<std::int64_t>(1, std::int64_t{1} << 40)));
        break;
      case 1:
        point.push_back(ListedPlace(number / 2));
        break;
      default:
        point.push_back(Place::Absent());
    }
  }
  RC_ASSERT(PointFrom(ToText(point)) == point);
}

}  // namespace
}  // namespace hpsearch::search
