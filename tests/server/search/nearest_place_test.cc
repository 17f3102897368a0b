#include "server/search/nearest_place.h"

#include <gtest/gtest.h>

#include "tests/server/search/spaces.h"

namespace hpsearch::search {
namespace {

std::optional<Place> Nearest(const std::string& parameter, const Scalar& value, std::int64_t finest = 4,
                             const model::KeyRule& rule = kAnyNumber) {
  const SearchSpace space = SpaceOf(R"({"p": )" + parameter + "}", {{"p", rule}});
  return NearestPlace(space.parameters().front(), value, finest);
}

TEST(NearestPlaceTest, OfAGridOnItsOwnScale) {
  const std::string decades = R"({"logspace": {"start": -3, "stop": 0, "num": 4}, "include": [0.25]})";
  EXPECT_EQ(Nearest(decades, 0.01), LatticePlace(1));
  EXPECT_EQ(Nearest(decades, std::int64_t{1}), LatticePlace(3));
  EXPECT_EQ(Nearest(decades, 0.0316), LatticePlace(3, 2));
  EXPECT_EQ(Nearest(decades, 0.02), LatticePlace(5, 4));
  EXPECT_EQ(Nearest(decades, 0.02, 1), LatticePlace(1));
  EXPECT_EQ(Nearest(decades, 20.0), LatticePlace(17, 4));      // past the edge
  EXPECT_EQ(Nearest(decades, 0.25), ListedPlace(0));           // an included one
  EXPECT_EQ(Nearest(decades, 0.01 + 1e-14), LatticePlace(1));  // as it was printed
  EXPECT_EQ(Nearest(decades, -1.0), std::nullopt);
  EXPECT_EQ(Nearest(decades, std::string("a")), std::nullopt);
  const std::string down = R"({"linspace": {"start": 1, "stop": 0, "num": 3}})";
  EXPECT_EQ(Nearest(down, 0.4), LatticePlace(5, 4));
  EXPECT_EQ(Nearest(down, 1e300), std::nullopt);
  EXPECT_EQ(Nearest(R"({"geomspace": {"start": -1, "stop": -100, "num": 3}})", -10.0), LatticePlace(1));
  EXPECT_EQ(Nearest(down, -0.2, 4, kLearningRate), std::nullopt);  // not in its domain
}

TEST(NearestPlaceTest, OfRangesAndValues) {
  EXPECT_EQ(Nearest(R"({"range": {"low": 0, "high": 1}})", 0.375), LatticePlace(3, 8));
  EXPECT_EQ(Nearest(R"({"range": {"low": 0, "high": 1}})", 1.5), std::nullopt);
  EXPECT_EQ(Nearest(R"({"range": {"low": 0, "high": 1}})", std::string("a")), std::nullopt);
  const std::string log = R"({"range": {"low": 0.001, "high": 1, "scale": "log"}})";
  const Place place = Nearest(log, 0.01).value();
  EXPECT_EQ(place.denominator, Range::kDenominator);
  EXPECT_NEAR(static_cast<double>(place.numerator) / static_cast<double>(place.denominator), 1.0 / 3, 1e-9);
  EXPECT_EQ(Nearest(R"({"int_range": {"low": 2, "high": 900}})", std::int64_t{7}, 4, kInteger), ListedPlace(7));
  EXPECT_EQ(Nearest(R"({"int_range": {"low": 2, "high": 900}})", std::int64_t{901}, 4, kInteger), std::nullopt);
  EXPECT_EQ(Nearest(R"({"int_range": {"low": 2, "high": 900}})", 2.5, 4, kInteger), std::nullopt);
  EXPECT_EQ(Nearest(R"({"values": [3, 1, 2]})", 1.0), ListedPlace(1));
  EXPECT_EQ(Nearest(R"({"values": [3, 1, 2]})", 1.5), std::nullopt);
  EXPECT_EQ(Nearest("0.25", 0.25), ListedPlace(0));
  const model::KeyRule any = {.key = "kind", .type = model::KeyType::kAny};
  EXPECT_EQ(Nearest(R"({"values": ["a", "b"]})", std::string("b"), 4, any), ListedPlace(1));
}

}  // namespace
}  // namespace hpsearch::search
