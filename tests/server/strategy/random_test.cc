#include "server/strategy/random.h"

#include <gtest/gtest.h>

#include "server/model/document.h"

namespace hpsearch::strategy {
namespace {

TEST(Random, GivesANumberItsPoint) {
  const model::Node settings(model::Node::Mapping{{"trials", 10}});
  const auto make = std::get<0>(RandomKind().make);
  const auto one = make({.cube = Cube(3), .seed = 5}, settings);
  const auto other = make({.cube = Cube(3), .seed = 5}, settings);
  const auto stranger = make({.cube = Cube(3), .seed = 6}, settings);
  for (const std::int64_t index : {std::int64_t{41}, std::int64_t{0}, std::int64_t{1} << 40}) {
    const Coordinates at = one->At(index);
    ASSERT_EQ(at.size(), 3u);
    for (const double coordinate : at) {
      EXPECT_GE(coordinate, 0);
      EXPECT_LT(coordinate, 1);
    }
    EXPECT_EQ(at, other->At(index));
    EXPECT_NE(at, stranger->At(index));
    EXPECT_NE(at, one->At(index + 1));
  }
}

}  // namespace
}  // namespace hpsearch::strategy
