#include "server/search/box.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <set>

#include "tests/server/search/place_generators.h"

namespace hpsearch::search {
namespace {

TEST(PlaceTest, IsInLowestTermsSoThatEqualPlacesAreEqual) {
  EXPECT_EQ(LatticePlace(6, 4), (Place{3, 2, false}));
  EXPECT_EQ(LatticePlace(-6, 4), (Place{-3, 2, false}));
  EXPECT_EQ(LatticePlace(0, 8), LatticePlace(0));
  EXPECT_NE(LatticePlace(1), ListedPlace(1));
}

TEST(PlaceTest, OrderIsAlongTheLatticeThenAlongTheList) {
  EXPECT_LT(LatticePlace(1, 3), LatticePlace(1, 2));
  EXPECT_LT(LatticePlace(-1, 2), LatticePlace(-1, 3));
  EXPECT_LT(LatticePlace(1000000), ListedPlace(0));
  EXPECT_LT(ListedPlace(0), ListedPlace(1));
  // Products beyond 64 bits.
  const std::int64_t big = std::int64_t{1} << 61;
  EXPECT_LT(LatticePlace(big - 1, big), LatticePlace(big, big - 1));
}

TEST(BoxTest, LastAxisVariesFastest) {
  const Box box = {{{LatticePlace(0), LatticePlace(1)}, {LatticePlace(0), LatticePlace(1), ListedPlace(0)}}};
  ASSERT_EQ(box.Size(), 6);
  EXPECT_EQ(box.At(0), (Point{LatticePlace(0), LatticePlace(0)}));
  EXPECT_EQ(box.At(1), (Point{LatticePlace(0), LatticePlace(1)}));
  EXPECT_EQ(box.At(2), (Point{LatticePlace(0), ListedPlace(0)}));
  EXPECT_EQ(box.At(3), (Point{LatticePlace(1), LatticePlace(0)}));
  EXPECT_EQ(box.IndexOf({LatticePlace(1), ListedPlace(0)}), 5);
  EXPECT_EQ(box.IndexOf({LatticePlace(1, 2), ListedPlace(0)}), std::nullopt);
  EXPECT_EQ(box.IndexOf({LatticePlace(1)}), std::nullopt);
}

TEST(BoxTest, WithoutAxesIsOnePoint) {
  const Box box;
  EXPECT_EQ(box.Size(), 1);
  EXPECT_EQ(box.At(0), Point());
  EXPECT_EQ(box.IndexOf({}), 0);
}

TEST(BoxTest, NumbersAndPointsAreTurnedIntoEachOther) {
  EXPECT_TRUE(rc::check("a bijection", [] {
    const Box box = AnyBox(*rc::gen::inRange(0, 5), 6);
    std::set<Point> seen;
    for (std::int64_t i = 0; i < *box.Size(); ++i) {
      const Point point = box.At(i);
      RC_ASSERT(box.IndexOf(point) == i);
      RC_ASSERT(seen.insert(point).second);
    }
  }));
}

TEST(BoxTest, SizeSaysWhereItDoesNotFit) {
  std::vector<Place> axis;
  for (int i = 0; i < 8; ++i) axis.push_back(LatticePlace(i));
  const Box fits = {std::vector<std::vector<Place>>(20, axis)};
  EXPECT_EQ(fits.Size(), std::int64_t{1} << 60);
  EXPECT_EQ(fits.IndexOf(fits.At((std::int64_t{1} << 60) - 1)), (std::int64_t{1} << 60) - 1);
  const Box too_large = {std::vector<std::vector<Place>>(21, axis)};
  EXPECT_EQ(too_large.Size(), std::nullopt);
}

}  // namespace
}  // namespace hpsearch::search
