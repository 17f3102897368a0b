#include "server/search/search_space.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/server/search/spaces.h"

namespace hpsearch::search {
namespace {

using model::Fault;
using testing::HasSubstr;

model::Faults FaultsOf(const std::string& parameters, const std::vector<model::Usage>& usages) {
  model::Faults faults;
  SearchSpace::Read(Json(parameters), usages, faults);
  return faults;
}

TEST(SearchSpaceTest, PointsHaveValuesInTheFilesOrder) {
  const SearchSpace space = SpaceOf(R"({
    "learning_rate": {"logspace": {"start": -3, "stop": 0, "num": 4}},
    "activation": {"values": ["relu", "tanh"]},
    "momentum": 0.9,
    "units": {"values": [32, 64]}})",
                                    {{"units", kInteger}, {"activation", {.type = model::KeyType::kText}}});
  const Point point = {LatticePlace(1), ListedPlace(1), ListedPlace(0), ListedPlace(0)};
  EXPECT_EQ(model::ToJson(space.Values(point)),
            R"({"learning_rate":0.01,"activation":"tanh","momentum":0.9,"units":32})");
  EXPECT_EQ(space.Value(point, "activation"), Scalar("tanh"));
  EXPECT_EQ(space.Value(point, "none"), std::nullopt);
  EXPECT_EQ(space.Find("momentum")->places().size(), 1u);
  EXPECT_EQ(space.Find("none"), nullptr);
}

TEST(SearchSpaceTest, NoParametersAreOnePoint) {
  const SearchSpace space = SpaceOf("{}");
  EXPECT_TRUE(space.parameters().empty());
  EXPECT_EQ(model::ToJson(space.Values({})), "{}");
  EXPECT_TRUE(FaultsOf("null", {}).empty());
}

TEST(SearchSpaceTest, ParametersAndTheirUsesBelongTogether) {
  const model::Faults unnamed = FaultsOf(R"({"rate": 1, "spare": 2})", {NamedAt("rate")});
  ASSERT_EQ(unnamed.size(), 1u);
  EXPECT_EQ(unnamed[0].path, "parameters.spare");
  EXPECT_EQ(unnamed[0].at, Fault::At::kKey);
  EXPECT_THAT(unnamed[0].message, HasSubstr("nothing names this parameter"));

  const model::Faults unknown = FaultsOf(R"({"rate": 1})", {NamedAt("rate"), NamedAt("rat")});
  ASSERT_EQ(unknown.size(), 1u);
  EXPECT_EQ(unknown[0].path, "training.optimizer.sgd.rat");
  EXPECT_EQ(unknown[0].at, Fault::At::kValue);
  EXPECT_THAT(unknown[0].message, HasSubstr("did you mean 'rate'?"));
  EXPECT_EQ(FaultsOf("null", {NamedAt("rate")}).size(), 1u);
}

TEST(SearchSpaceTest, AFaultyParameterIsThereAllTheSame) {
  const model::Faults faults =
      FaultsOf(R"({"rate": {"linspace": {"start": 0, "stop": 1, "num": 0}}})", {NamedAt("rate")});
  ASSERT_EQ(faults.size(), 1u) << model::ToStatus(faults);
  EXPECT_EQ(faults[0].path, "parameters.rate.linspace.num");
}

TEST(SearchSpaceTest, SaysWhatIsWrongWithTheSection) {
  EXPECT_THAT(FaultsOf("[1]", {}).at(0).message, HasSubstr("a mapping of names"));
  for (const char* name : {"Rate", "1rate", "ra-te", "_rate", ""}) {
    const model::Faults faults = FaultsOf("{\"" + std::string(name) + "\": 1}", {});
    ASSERT_EQ(faults.size(), 1u) << name;
    EXPECT_THAT(faults[0].message, HasSubstr("[a-z][a-z0-9_]*")) << name;
    EXPECT_EQ(faults[0].at, Fault::At::kKey);
  }
}

TEST(SearchSpaceTest, BoundsWhatIsMaterialised) {
  const std::string million = R"({"linspace": {"start": 0, "stop": 1, "num": 1000000}})";
  const model::Faults faults = FaultsOf("{\"a\": " + million + ", \"b\": " + million + ", \"c\": " + million + "}",
                                        {NamedAt("a"), NamedAt("b"), NamedAt("c")});
  ASSERT_EQ(faults.size(), 1u) << model::ToStatus(faults);
  EXPECT_EQ(faults[0].path, "parameters.c");

  std::string many = "{";
  for (int i = 0; i <= 1000; ++i) many += (i > 0 ? ", \"p" : "\"p") + std::to_string(i) + "\": 1";
  EXPECT_THAT(FaultsOf(many + "}", {}).at(0).message, HasSubstr("at most 1000"));
}

TEST(SearchSpaceTest, DocumentReadsBackAsItself) {
  const SearchSpace space = SpaceOf(R"({"a": {"geomspace": {"start": 1, "stop": 8, "num": 4}}, "b": 3})");
  EXPECT_EQ(model::ToJson(space.Document()),
            R"({"a":{"geomspace":{"start":1.0,"stop":8.0,"num":4,"endpoint":true}},"b":3.0})");
  EXPECT_EQ(SpaceOf(model::ToJson(space.Document())).Document(), space.Document());
}

}  // namespace
}  // namespace hpsearch::search
