#include "server/search/range.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <cmath>

#include "tests/server/search/spaces.h"

namespace hpsearch::search {
namespace {

using strategy::Dimension;
using testing::HasSubstr;

Parameter ReadWhole(const std::string& json, const model::KeyRule& rule = kAnyNumber) {
  model::Faults faults;
  Parameter parameter = Parameter::Read("p", Json(json), {NamedAt("p", rule)}, faults);
  EXPECT_TRUE(faults.empty()) << json << ": " << model::ToStatus(faults);
  return parameter;
}

void ExpectFault(const std::string& json, const std::string& path, const std::string& message,
                 const model::KeyRule& rule = kAnyNumber) {
  model::Faults faults;
  Parameter::Read("p", Json(json), {NamedAt("p", rule)}, faults);
  ASSERT_EQ(faults.size(), 1u) << json << ": " << model::ToStatus(faults);
  EXPECT_EQ(faults[0].path, path) << json;
  EXPECT_THAT(faults[0].message, HasSubstr(message)) << json;
}

double NumberAt(const Parameter& parameter, const Place& place) { return std::get<double>(parameter.At(place)); }

TEST(RangeTest, ValuesLieEvenlyOnTheirScale) {
  const Parameter linear = ReadWhole(R"({"range": {"low": -1, "high": 3}})");
  EXPECT_EQ(NumberAt(linear, LatticePlace(1, 4)), 0.0);
  const Parameter log = ReadWhole(R"({"range": {"low": 1e-4, "high": 1, "scale": "log"}})");
  EXPECT_DOUBLE_EQ(NumberAt(log, LatticePlace(1, 4)), 1e-3);
  EXPECT_DOUBLE_EQ(NumberAt(log, LatticePlace(1, 2)), 1e-2);
  // The formula of KerasTuner's reverse_log.
  const Parameter reverse = ReadWhole(R"({"range": {"low": 0.01, "high": 1, "scale": "reverse_log"}})");
  EXPECT_DOUBLE_EQ(NumberAt(reverse, LatticePlace(1, 4)), 0.01 + 1 - 0.01 * std::pow(100, 0.75));
  EXPECT_GT(NumberAt(reverse, LatticePlace(1, 2)), 0.9);
  for (const Parameter* parameter : {&linear, &log, &reverse}) {
    EXPECT_EQ(NumberAt(*parameter, LatticePlace(0)), parameter == &linear ? -1 : parameter == &log ? 1e-4 : 0.01);
    EXPECT_EQ(NumberAt(*parameter, LatticePlace(1)), parameter == &linear ? 3 : 1);
    EXPECT_EQ(parameter->dimension(), (Dimension{Dimension::Kind::kContinuous, 0}));
    EXPECT_TRUE(parameter->refinable());
    EXPECT_FALSE(parameter->gridded());
    EXPECT_TRUE(parameter->Allows(LatticePlace(1)));
    EXPECT_FALSE(parameter->Allows(LatticePlace(-1, 8))) << "refinement stays between the ends";
  }
}

TEST(RangeTest, APlaceIsAFractionOfAPowerOfTwo) {
  EXPECT_TRUE(rc::check("of any coordinate", [] {
    const Parameter range = ReadWhole(R"({"range": {"low": 0.1, "high": 7, "scale": "reverse_log"}})");
    const double u =
        std::ldexp(static_cast<double>(*rc::gen::inRange<std::int64_t>(0, std::int64_t{1} << 53)), -53);
    const Place place = range.FromUnit(u);
    RC_ASSERT(Range::kDenominator % place.denominator == 0);
    RC_ASSERT(range.FromUnit(range.ToUnit(place)) == place);
    RC_ASSERT(std::abs(range.ToUnit(place) - u) <= 0x1p-33);
    RC_ASSERT(range.Allows(place));
  }));
}

TEST(RangeTest, IntegersAreTheirOwnPlaces) {
  const Parameter units =
      ReadWhole(R"({"int_range": {"low": 8, "high": 1000000000000, "scale": "log"}})", kInteger);
  EXPECT_EQ(units.At(ListedPlace(123456789)), Scalar(std::int64_t{123456789}));
  EXPECT_FALSE(units.refinable() || units.gridded());
  EXPECT_EQ(units.dimension().kind, Dimension::Kind::kContinuous);
  EXPECT_EQ(units.FromUnit(0), ListedPlace(8));
  EXPECT_EQ(units.FromUnit(1 - 0x1p-53), ListedPlace(1000000000000));
  // At a key that takes numbers it is a number.
  EXPECT_EQ(ReadWhole(R"({"int_range": {"low": -2, "high": 2}})").At(ListedPlace(-1)), Scalar(-1.0));
  const Parameter few = ReadWhole(R"({"int_range": {"low": -2, "high": 2}})", kInteger);
  EXPECT_EQ(few.dimension(), (Dimension{Dimension::Kind::kOrdinal, 5}));
  for (int level = 0; level < 5; ++level) {
    EXPECT_EQ(few.FromUnit(level / 5.0), ListedPlace(level - 2));
    EXPECT_DOUBLE_EQ(few.ToUnit(ListedPlace(level - 2)), (level + 0.5) / 5);
  }
  EXPECT_EQ(ReadWhole(R"({"int_range": {"low": 3, "high": 3}})", kInteger).dimension().levels, 1);
}

// Integer i of a logarithmic scale has the interval from i - 1/2 to i + 1/2 on it.
TEST(RangeTest, EachIntegerHasItsPartOfTheScale) {
  const IntRange log = {.low = 1, .high = 4, .scale = Scale::kLog};
  const double all = std::log(4.5 / 0.5);
  for (int i = 1; i <= 4; ++i) {
    EXPECT_EQ(log.FromUnit(std::log((i - 0.499) / 0.5) / all), ListedPlace(i));
    EXPECT_EQ(log.FromUnit(std::log((i + 0.499) / 0.5) / all), ListedPlace(i));
  }
  const IntRange reverse = {.low = 1, .high = 4, .scale = Scale::kReverseLog};
  EXPECT_EQ(reverse.FromUnit(0.5), ListedPlace(5 - log.FromUnit(0.5).numerator));
  EXPECT_EQ(reverse.FromUnit(0), ListedPlace(1));
}

TEST(RangeTest, EveryIntegerIsFoundAgain) {
  EXPECT_TRUE(rc::check("on every scale", [] {
    const auto scale = *rc::gen::element(Scale::kLinear, Scale::kLog, Scale::kReverseLog);
    const std::int64_t least = scale == Scale::kLinear ? -1'000'000'000'000 : 1;
    const std::int64_t low = *rc::gen::inRange<std::int64_t>(least, 1'000'000'000'000);
    const std::int64_t high = *rc::gen::inRange<std::int64_t>(low, 1'000'000'000'001);
    const IntRange range = {low, high, scale};
    for (const std::int64_t integer : {low, high, *rc::gen::inRange<std::int64_t>(low, high + 1)}) {
      const double u = range.ToUnit(ListedPlace(integer));
      RC_ASSERT(0 <= u && u < 1);
      RC_ASSERT(range.FromUnit(u) == ListedPlace(integer));
    }
  }));
}

TEST(RangeTest, SaysWhatIsWrong) {
  ExpectFault(R"({"range": {"low": 1, "high": 1}})", "parameters.p.range.high", "not above the low end");
  ExpectFault(R"({"range": {"low": 0, "high": 1, "scale": "log"}})", "parameters.p.range.low", "no logarithm");
  ExpectFault(R"({"range": {"low": 1, "high": 2, "scale": "lin"}})", "parameters.p.range.scale",
              "unknown scale 'lin'");
  ExpectFault(R"({"range": {"low": 1}})", "parameters.p.range", "'high' is missing");
  ExpectFault(R"({"range": {"low": -1e308, "high": 1e308}})", "parameters.p.range", "too far apart");
  ExpectFault(R"({"range": {"low": 1, "high": 2}})", "parameters.p.range", "int_range is wanted", kInteger);
  ExpectFault(R"({"range": {"low": 1, "high": 2}, "include": [0]})", "parameters.p.include", "leave it out");
  ExpectFault(R"({"int_range": {"low": 2, "high": 1}})", "parameters.p.int_range.high", "below the low end");
  ExpectFault(R"({"int_range": {"low": 0, "high": 8, "scale": "reverse_log"}})", "parameters.p.int_range.low",
              "no logarithm");
  ExpectFault(R"({"int_range": {"low": 0.5, "high": 8}})", "parameters.p.int_range.low", "no integer");
  ExpectFault(R"({"int_range": {"low": 0, "high": 10000000000000}})", "parameters.p.int_range.high",
              "out of range");
  ExpectFault(R"({"int_range": {"low": 0, "high": 1}, "bounds": [0, 1]})", "parameters.p.bounds", "its bounds");
}

TEST(RangeTest, DocumentIsCanonicalAndReadsBackAsItself) {
  const Parameter range = ReadWhole(R"({"range": {"high": 2, "low": 1}})");
  EXPECT_EQ(model::ToJson(range.document()), R"({"range":{"low":1.0,"high":2.0,"scale":"linear"}})");
  EXPECT_EQ(ReadWhole(model::ToJson(range.document())).document(), range.document());
  const Parameter integers = ReadWhole(R"({"int_range": {"low": 1, "high": 2.0, "scale": "log"}})", kInteger);
  EXPECT_EQ(model::ToJson(integers.document()), R"({"int_range":{"low":1,"high":2,"scale":"log"}})");
}

}  // namespace
}  // namespace hpsearch::search
