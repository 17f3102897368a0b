#include "server/search/parameter.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <bit>
#include <cmath>

#include "server/search/numpy_space.h"
#include "tests/server/search/spaces.h"

namespace hpsearch::search {
namespace {

using model::Fault;
using model::KeyRule;
using testing::ElementsAre;
using testing::HasSubstr;

Parameter ReadWhole(const std::string& json, const KeyRule& rule = kAnyNumber) {
  model::Faults faults;
  Parameter parameter = Parameter::Read("p", Json(json), {NamedAt("p", rule)}, faults);
  EXPECT_TRUE(faults.empty()) << json << ": " << model::ToStatus(faults);
  return parameter;
}

std::vector<Scalar> ValuesOf(const Parameter& parameter) {
  std::vector<Scalar> values;
  for (const Place& place : parameter.places()) values.push_back(parameter.At(place));
  return values;
}

void ExpectFaults(const std::string& json, const std::vector<std::pair<std::string, std::string>>& expected,
                  const KeyRule& rule = kAnyNumber) {
  model::Faults faults;
  Parameter::Read("p", Json(json), {NamedAt("p", rule)}, faults);
  ASSERT_EQ(faults.size(), expected.size()) << json << ": " << model::ToStatus(faults);
  for (std::size_t i = 0; i < faults.size(); ++i) {
    EXPECT_EQ(faults[i].path, expected[i].first) << json;
    EXPECT_THAT(faults[i].message, HasSubstr(expected[i].second)) << json;
  }
}

void ExpectFault(const std::string& json, const std::string& path, const std::string& message,
                 const KeyRule& rule = kAnyNumber) {
  ExpectFaults(json, {{path, message}}, rule);
}

bool SameBits(const Scalar& a, double b) {
  return std::bit_cast<std::uint64_t>(std::get<double>(a)) == std::bit_cast<std::uint64_t>(b);
}

TEST(ParameterTest, ScalarIsAConstant) {
  const Parameter parameter = ReadWhole("0.5");
  EXPECT_FALSE(parameter.refinable());
  EXPECT_THAT(ValuesOf(parameter), ElementsAre(Scalar(0.5)));
  EXPECT_THAT(ValuesOf(ReadWhole("1")), ElementsAre(Scalar(1.0)));
  EXPECT_THAT(ValuesOf(ReadWhole("64.0", kInteger)), ElementsAre(Scalar(std::int64_t{64})));
  // Not rounded: the key's own check refuses it.
  EXPECT_THAT(ValuesOf(ReadWhole("64.5", kInteger)), ElementsAre(Scalar(64.5)));
  EXPECT_THAT(ValuesOf(ReadWhole("\"relu\"", {.type = model::KeyType::kText})), ElementsAre(Scalar("relu")));
}

TEST(ParameterTest, FirstLatticeIsNumpys) {
  const Parameter logspace = ReadWhole(R"({"logspace": {"start": -2, "stop": -0.30103, "num": 4}})");
  const Parameter linspace = ReadWhole(R"({"linspace": {"start": 0, "stop": 1, "num": 7, "endpoint": false}})");
  const Parameter geomspace = ReadWhole(R"({"geomspace": {"start": -0.3, "stop": -5, "num": 4}})");
  const Parameter base = ReadWhole(R"({"logspace": {"start": 0, "stop": 8, "base": 2}})");
  EXPECT_EQ(logspace.places().size(), 4u);
  EXPECT_EQ(base.places().size(), 50u);  // numpy's default
  for (std::int64_t i = 0; i < 4; ++i) {
    const Place place = LatticePlace(i);
    EXPECT_EQ(logspace.places()[static_cast<std::size_t>(i)], place);
    EXPECT_TRUE(SameBits(logspace.At(place), std::pow(10.0, CoordinateAt({-2, -0.30103, 4, true}, i, 1))));
    EXPECT_TRUE(SameBits(linspace.At(place), CoordinateAt({0, 1, 7, false}, i, 1)));
    EXPECT_TRUE(SameBits(geomspace.At(place), GeomspaceAt(-0.3, -5, 4, true, i)));
    EXPECT_TRUE(SameBits(base.At(place), std::pow(2.0, CoordinateAt({0, 8, 50, true}, i, 1))));
  }
  EXPECT_TRUE(logspace.refinable() && linspace.refinable() && geomspace.refinable());
}

TEST(ParameterTest, LatticeGoesOnBetweenAndBeyond) {
  const Parameter linspace = ReadWhole(R"({"linspace": {"start": 1, "stop": 2, "num": 5}})");
  EXPECT_EQ(linspace.At(LatticePlace(1, 2)), Scalar(1.125));
  EXPECT_EQ(linspace.At(LatticePlace(-2)), Scalar(0.5));
  EXPECT_EQ(linspace.At(LatticePlace(6)), Scalar(2.5));
  const Parameter logspace = ReadWhole(R"({"logspace": {"start": -3, "stop": 0, "num": 4}})");
  EXPECT_EQ(logspace.At(LatticePlace(5, 2)), Scalar(std::pow(10.0, -0.5)));
  EXPECT_EQ(logspace.At(LatticePlace(4)), Scalar(10.0));
  const Parameter geomspace = ReadWhole(R"({"geomspace": {"start": -1, "stop": -1000, "num": 4}})");
  EXPECT_EQ(geomspace.At(LatticePlace(1, 2)), Scalar(-std::pow(10.0, 0.5)));
  EXPECT_EQ(geomspace.At(LatticePlace(-1)), Scalar(-0.1));
  // An axis without its end point goes on past it in the same steps.
  const Parameter open = ReadWhole(R"({"linspace": {"start": 0, "stop": 4, "num": 4, "endpoint": false}})");
  EXPECT_EQ(open.At(LatticePlace(4)), Scalar(4.0));
}

TEST(ParameterTest, IntegerKeysRoundHalvesToEvenAndDropRepeats) {
  const auto integers = [](const std::vector<std::int64_t>& wanted) {
    return std::vector<Scalar>(wanted.begin(), wanted.end());
  };
  const Parameter linspace = ReadWhole(R"({"linspace": {"start": 0.5, "stop": 4.5, "num": 5}})", kInteger);
  EXPECT_EQ(ValuesOf(linspace), integers({0, 2, 4}));
  EXPECT_FALSE(linspace.refinable());
  EXPECT_TRUE(linspace.places()[0].listed);
  EXPECT_EQ(
      ValuesOf(ReadWhole(R"({"logspace": {"start": 0, "stop": 1, "num": 4}, "include": [3, 10]})", kInteger)),
      integers({1, 2, 5, 10, 3}));
  EXPECT_EQ(ValuesOf(ReadWhole(R"({"values": [64, 32, 64.0]})", kInteger)), integers({64, 32}));
  ExpectFault(R"({"logspace": {"start": 0, "stop": 30, "num": 3}})", "parameters.p.logspace", "does not fit",
              kInteger);
}

TEST(ParameterTest, IncludeAddsPlacesThatAreNotRefined) {
  const Parameter parameter = ReadWhole(R"({"linspace": {"start": 1, "stop": 2, "num": 2}, "include": [0, 9]})");
  EXPECT_THAT(ValuesOf(parameter), ElementsAre(Scalar(1.0), Scalar(2.0), Scalar(0.0), Scalar(9.0)));
  EXPECT_THAT(parameter.places(), ElementsAre(LatticePlace(0), LatticePlace(1), ListedPlace(0), ListedPlace(1)));
  EXPECT_TRUE(parameter.refinable());
}

TEST(ParameterTest, OnePointIsNotRefined) {
  EXPECT_FALSE(ReadWhole(R"({"linspace": {"start": 1, "stop": 2, "num": 1}})").refinable());
  EXPECT_FALSE(ReadWhole(R"({"geomspace": {"start": 1, "stop": 2, "num": 1, "endpoint": false}})").refinable());
  EXPECT_THAT(ValuesOf(ReadWhole(R"({"logspace": {"start": 1, "stop": 2, "num": 1}})")),
              ElementsAre(Scalar(10.0)));
}

TEST(ParameterTest, AllowsWhatDomainAndBoundsContain) {
  const std::string grid = R"("linspace": {"start": 0, "stop": 0.8, "num": 5})";
  const Parameter by_key = ReadWhole("{" + grid + "}", kDropout);
  EXPECT_TRUE(by_key.Allows(LatticePlace(0)));
  EXPECT_FALSE(by_key.Allows(LatticePlace(-1, 4)));
  EXPECT_TRUE(by_key.Allows(LatticePlace(9, 2)));    // 0.9
  EXPECT_FALSE(by_key.Allows(LatticePlace(19, 4)));  // 0.95
  // `bounds` replace the default ones, never the domain.
  const Parameter wider = ReadWhole("{" + grid + R"(, "bounds": [0.1, 2]})", kDropout);
  EXPECT_FALSE(wider.Allows(LatticePlace(0)));
  EXPECT_TRUE(wider.Allows(LatticePlace(19, 4)));
  EXPECT_FALSE(wider.Allows(LatticePlace(5)));  // 1
  // All keys count.
  model::Faults faults;
  const Parameter both =
      Parameter::Read("p", Json("{" + grid + "}"), {NamedAt("p", kDropout), NamedAt("p", kLearningRate)}, faults);
  EXPECT_FALSE(both.Allows(LatticePlace(0)));
  EXPECT_FALSE(both.Allows(LatticePlace(19, 4)));
  // What underflows or overflows is never allowed.
  const Parameter huge = ReadWhole(R"({"logspace": {"start": 300, "stop": 308, "num": 2}})");
  EXPECT_FALSE(huge.Allows(LatticePlace(2)));
  const Parameter tiny = ReadWhole(R"({"logspace": {"start": -300, "stop": -200, "num": 2}})", kLearningRate);
  EXPECT_FALSE(tiny.Allows(LatticePlace(-1)));
}

TEST(ParameterTest, SaysWhatIsWrongWithASpace) {
  ExpectFault(R"({"linspace": {"start": 0, "stop": 1, "num": 0}})", "parameters.p.linspace.num",
              "an integer from 1");
  ExpectFault(R"({"linspace": {"start": 0, "stop": 1, "num": -1}})", "parameters.p.linspace.num", "-1");
  ExpectFault(R"({"linspace": {"start": 0, "stop": 1, "num": 1000001}})", "parameters.p.linspace.num",
              "1,000,000");
  ExpectFault(R"({"linspace": {"start": 0, "num": 2}})", "parameters.p.linspace", "'stop' is missing");
  ExpectFault(R"({"linspace": {"start": 0, "stop": 1, "base": 2}})", "parameters.p.linspace.base", "unknown key");
  ExpectFault(R"({"logspace": {"stat": 0, "start": 0, "stop": 1}})", "parameters.p.logspace.stat", "'start'?");
  ExpectFault(R"({"logspace": {"start": 0, "stop": 1, "base": 0}})", "parameters.p.logspace.base", "above 0");
  ExpectFault(R"({"logspace": {"start": "a", "stop": 1}})", "parameters.p.logspace.start", "'a' is text");
  ExpectFault(R"({"logspace": {"start": 0, "stop": 1, "endpoint": 1}})", "parameters.p.logspace.endpoint", "true");
  ExpectFault(R"({"geomspace": {"start": 0, "stop": 1}})", "parameters.p.geomspace.start", "never is 0");
  ExpectFault(R"({"geomspace": {"start": 1, "stop": -1}})", "parameters.p.geomspace.stop", "different signs");
  ExpectFault(R"({"logspace": {"start": 0, "stop": 400, "num": 3}})", "parameters.p.logspace",
              "value 3 of 3 is inf");
  ExpectFault(R"({"linspace": {"start": 1, "stop": 1, "num": 3}})", "parameters.p.linspace", "twice");
  ExpectFault(R"({"logspace": [0, 1, 4]})", "parameters.p.logspace", "mapping");
}

TEST(ParameterTest, SaysWhatIsWrongWithAnEntry) {
  ExpectFault("null", "parameters.p", "nothing stands there");
  ExpectFault("[1, 2]", "parameters.p", "{values: [...]}");
  ExpectFault("{}", "parameters.p", "nothing gives it values");
  ExpectFault(R"({"values": []})", "parameters.p.values", "0 values");
  ExpectFault(R"({"values": 3})", "parameters.p.values", "a sequence of scalars");
  ExpectFault(R"({"values": [1, [2]]})", "parameters.p.values[1]", "a scalar");
  ExpectFault(R"({"values": ["a", "b", "a"]})", "parameters.p.values[2]", "on the axis already");
  ExpectFault(R"({"values": [1, 1.0]})", "parameters.p.values[1]", "on the axis already",
              {.type = model::KeyType::kText});
  ExpectFault(R"({"values": [0.0, -0.0]})", "parameters.p.values[1]", "on the axis already");
  ExpectFault(R"({"values": [1], "include": [2]})", "parameters.p.include", "beside 'values'");
  ExpectFault(R"({"values": [1], "bounds": [1, 2]})", "parameters.p.bounds", "beside 'values'");
  ExpectFault(R"({"values": [1], "linspace": {"start": 1, "stop": 2}})", "parameters.p.linspace",
              "one of the two");
  const std::string grid = R"("linspace": {"start": 0, "stop": 1, "num": 3})";
  ExpectFault("{" + grid + R"(, "include": [0.5]})", "parameters.p.include[0]", "on the axis already");
  ExpectFault("{" + grid + R"(, "include": ["none"]})", "parameters.p.include[0]", "a finite number");
  ExpectFault("{" + grid + R"(, "include": 2})", "parameters.p.include", "a sequence of numbers");
  ExpectFault("{" + grid + R"(, "bounds": [1]})", "parameters.p.bounds", "1 items; two numbers");
  ExpectFault("{" + grid + R"(, "bounds": [1, 0]})", "parameters.p.bounds", "[0, 1]");
  ExpectFault("{" + grid + R"(, "bounds": [0, "x"]})", "parameters.p.bounds[1]", "a number is wanted");
  ExpectFault("{" + grid + R"(, "bounds": [-2, -1]})", "parameters.p.bounds", "nothing in [-2, -1]", kDropout);
  ExpectFault("{" + grid + R"(, "bouns": [0, 1]})", "parameters.p.bouns", "did you mean 'bounds'?");
  ExpectFaults("{" + grid + R"(, "include": [1, "x"], "bounds": 3})", {{"parameters.p.include[0]", "already"},
                                                                       {"parameters.p.include[1]", "'x' is text"},
                                                                       {"parameters.p.bounds", "two numbers"}});
  model::Faults faults;
  Parameter::Read("p", model::Node(std::numeric_limits<double>::infinity()), {NamedAt("p")}, faults);
  ASSERT_EQ(faults.size(), 1u);
  EXPECT_THAT(faults[0].message, HasSubstr("finite"));
}

TEST(ParameterTest, DocumentIsCanonicalAndReadsBackAsItself) {
  const Parameter parameter =
      ReadWhole(R"({"bounds": [0, 5], "include": [7], "logspace": {"stop": 1, "num": 3, "start": -1}})");
  EXPECT_EQ(model::ToJson(parameter.document()),
            R"({"logspace":{"start":-1.0,"stop":1.0,"num":3,"endpoint":true,"base":10.0},)"
            R"("include":[7.0],"bounds":[0.0,5.0]})");
  EXPECT_EQ(ReadWhole(model::ToJson(parameter.document())).document(), parameter.document());
  EXPECT_EQ(ReadWhole(R"({"values": [1, 2]})").document(), ReadWhole(R"({"values": [1.0, 2.0]})").document());
  EXPECT_EQ(model::ToJson(ReadWhole(R"({"values": [8.0, 8, 9]})", kInteger).document()), R"({"values":[8,9]})");
}

TEST(ParameterTest, SamePlaceSameBits) {
  EXPECT_TRUE(rc::check("whatever the fraction was written as", [] {
    const std::string space = *rc::gen::element<std::string>("linspace", "logspace", "geomspace");
    const int num = *rc::gen::inRange(2, 12);
    const bool endpoint = *rc::gen::arbitrary<bool>();
    const std::string json = "{\"" + space +
                             "\": {\"start\": 0.37, \"stop\": 2.9, \"num\": " + std::to_string(num) +
                             ", \"endpoint\": " + (endpoint ? "true" : "false") + "}}";
    const Parameter parameter = ReadWhole(json);
    const int numerator = *rc::gen::inRange(-4 * num, 8 * num);
    const int factor = *rc::gen::inRange(1, 50);
    const Scalar plain = parameter.At(LatticePlace(numerator, 4));
    RC_ASSERT(parameter.At(LatticePlace(std::int64_t{numerator} * factor, std::int64_t{4} * factor)) == plain);
    // The scale is monotone, and a place between neighbours has a value between theirs.
    RC_ASSERT(std::get<double>(parameter.At(LatticePlace(numerator + 1, 4))) > std::get<double>(plain));
  }));
}

}  // namespace
}  // namespace hpsearch::search
