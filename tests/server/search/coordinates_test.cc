// The space as strategies see it: the unit cube.
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include "tests/server/search/spaces.h"

namespace hpsearch::search {
namespace {

using strategy::Coordinates;
using strategy::Cube;
using Kind = strategy::Dimension::Kind;

TEST(CoordinatesTest, EachParameterIsADimension) {
  const SearchSpace space = SpaceOf(R"({
    "rate": {"logspace": {"start": -3, "stop": 0, "num": 4}},
    "units": {"linspace": {"start": 8, "stop": 32, "num": 4}},
    "activation": {"values": ["relu", "tanh"]},
    "nesterov": {"values": [true, false]},
    "momentum": 0.9,
    "dropout": {"range": {"low": 0, "high": 0.5}},
    "layers": {"int_range": {"low": 1, "high": 5}},
    "width": {"int_range": {"low": 1, "high": 5, "scale": "log"}}})",
                                    {{"units", kInteger}, {"layers", kInteger}, {"width", kInteger}});
  EXPECT_EQ(space.cube(), (Cube{{Kind::kOrdinal, 4},
                                {Kind::kOrdinal, 4},
                                {Kind::kCategorical, 2},
                                {Kind::kCategorical, 2},
                                {Kind::kCategorical, 1},
                                {Kind::kContinuous, 0},
                                {Kind::kOrdinal, 5},
                                {Kind::kContinuous, 0}}));
  const Point point = space.FromCoordinates({0.3, 0.99, 0.5, 0, 0.2, 0.25, 0.6, 0});
  EXPECT_EQ(model::ToJson(space.Values(point)),
            R"({"rate":0.01,"units":32,"activation":"tanh","nesterov":true,"momentum":0.9,"dropout":0.125,)"
            R"("layers":4,"width":1})");
  EXPECT_EQ(space.ToCoordinates(point)[0], 0.375) << "a level's middle";
}

TEST(CoordinatesTest, IncludedValuesLieInTheirOrder) {
  const SearchSpace space =
      SpaceOf(R"({"x": {"linspace": {"start": 3, "stop": 1, "num": 3}, "include": [2.5, 0]}})");
  const Parameter& x = space.parameters()[0];
  const double ascending[] = {0, 1, 2, 2.5, 3};
  for (int level = 0; level < 5; ++level) {
    EXPECT_EQ(x.At(x.FromUnit((level + 0.5) / 5)), Scalar(ascending[level])) << level;
  }
}

TEST(CoordinatesTest, RefinedPlacesLieBetweenTheirNeighbours) {
  const SearchSpace space = SpaceOf(R"({"x": {"linspace": {"start": 0, "stop": 3, "num": 4}}})");
  const Parameter& x = space.parameters()[0];
  EXPECT_DOUBLE_EQ(x.ToUnit(LatticePlace(1)), 0.375);
  EXPECT_DOUBLE_EQ(x.ToUnit(LatticePlace(5, 4)), 0.4375);
  EXPECT_DOUBLE_EQ(x.ToUnit(LatticePlace(-3, 2)), 0.125) << "beyond the grid: at its edge";
  EXPECT_DOUBLE_EQ(x.ToUnit(LatticePlace(9, 2)), 0.875);
}

TEST(CoordinatesTest, AbsenceGoesBothWays) {
  const SearchSpace space = SpaceOf(R"({"x": {"range": {"low": 0, "high": 1}}})");
  const Parameter& x = space.parameters()[0];
  EXPECT_TRUE(x.FromUnit(strategy::kAbsent).absent());
  EXPECT_TRUE(strategy::IsAbsent(x.ToUnit(Place::Absent())));
  // The point decides what is there: this one cannot be without it.
  EXPECT_EQ(space.FromCoordinates({strategy::kAbsent}), Point{LatticePlace(1, 2)});
}

std::string AnyAxis() {
  const std::string num = std::to_string(*rc::gen::inRange(1, 40));
  const std::string scale = *rc::gen::element<std::string>("linear", "log", "reverse_log");
  switch (*rc::gen::inRange(0, 6)) {
    case 0:
      return R"({"values": ["a", 2, true, 0.5]})";
    case 1:
      return R"({"logspace": {"start": 1, "stop": -3, "num": )" + num + "}}";
    case 2:
      return R"({"linspace": {"start": 0.1, "stop": 0.9, "num": )" + num + R"(}, "include": [0.05, 0.333, 2]})";
    case 3:
      return R"({"range": {"low": 0.001, "high": 3, "scale": ")" + scale + "\"}}";
    case 4:
      return R"({"int_range": {"low": 3, "high": )" + std::to_string(*rc::gen::inRange(3, 100000)) +
             R"(, "scale": ")" + scale + "\"}}";
    default:
      return "7";
  }
}

TEST(CoordinatesTest, PointsComeBack) {
  EXPECT_TRUE(rc::check("FromCoordinates(ToCoordinates(point)) is the point", [] {
    const model::KeyRule any = {.key = "any", .type = model::KeyType::kText};
    const SearchSpace space =
        SpaceOf(R"({"a": )" + AnyAxis() + R"(, "b": )" + AnyAxis() + "}", {{"a", any}, {"b", any}});
    Coordinates coordinates;
    for (int i = 0; i < 2; ++i) {
      coordinates.push_back(
          std::ldexp(static_cast<double>(*rc::gen::inRange<std::int64_t>(0, std::int64_t{1} << 53)), -53));
    }
    const Point point = space.FromCoordinates(coordinates);
    RC_ASSERT(space.FromCoordinates(space.ToCoordinates(point)) == point);
    Coordinates settled = coordinates;
    space.settle()(settled);
    RC_ASSERT(settled == space.ToCoordinates(point));
    for (const Parameter& parameter : space.parameters()) {
      for (const Place& place : parameter.probes()) {
        const double u = parameter.ToUnit(place);
        RC_ASSERT(0 <= u && u < 1);
        RC_ASSERT(parameter.FromUnit(u) == place);
      }
    }
  }));
}

}  // namespace
}  // namespace hpsearch::search
