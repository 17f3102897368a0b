// Studies whose parameters hang on each other: what they mean at a point, and which faults only points bring to
// light.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <string>
#include <vector>

#include "server/model/network.h"
#include "server/search/round.h"
#include "server/study/conditional_check.h"
#include "tests/server/study/spec_documents.h"

namespace hpsearch::study {
namespace {

using model::Node;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

Node Study(const std::string& model, const std::string& training, const std::string& parameters) {
  return Document(R"({"study":"s","dataset":"d","model":)" + model + R"(,"training":{"epochs":1,)" + training +
                  R"(},"parameters":)" + parameters + "}");
}

std::vector<std::string> Faults(const std::string& model, const std::string& parameters,
                                const std::string& training = R"("optimizer":"sgd")",
                                const model::DatasetShape* shape = nullptr) {
  return study::FaultsOf(Study(model, training, parameters), shape);
}

const std::string kEnd = R"({"dense":{"units":10,"activation":"softmax"}})";

Node Deep() {
  return Study(
      R"([{"repeat":{"times":"$layers","layers":[{"dense":{"units":"$units","max_norm":"$max_norm"}}]}},)" + kEnd +
          "]",
      R"("optimizer":{"switch":"$optimizer","sgd":{"sgd":{"learning_rate":"$sgd_rate"}},"adam":"adam"})",
      R"({"layers":{"values":[0,1,2]},"units":{"values":[64,32],"per":"layers"},
                   "optimizer":{"values":["sgd","adam"]},
                   "sgd_rate":{"logspace":{"start":-2,"stop":-1,"num":2}},
                   "max_norm":{"values":[2,5],"when":{"optimizer":"sgd","layers":{"min":2}}}})");
}

TEST(ConditionalStudy, CountsEachDistinctPointOnce) {
  const auto spec = Read(Deep());
  ASSERT_NE(spec, nullptr);
  const auto rounds = search::Rounds::Open(spec->space, spec->search, spec->seed);
  ASSERT_TRUE(rounds.ok());
  std::vector<std::string> points;
  for (std::int64_t i = 0; i < rounds->trials(); ++i) {
    points.push_back(model::ToJson(spec->space.Values(rounds->PointOf(i + 1))));
  }
  // None: 2 rates and adam. One: 2 widths of the same. Two: 4 pairs of 2 rates by 2 norms, and adam.
  ASSERT_EQ(points.size(), 3u + 2 * 3 + 4 * 5);
  EXPECT_EQ(points[0], R"({"layers":0,"optimizer":"sgd","sgd_rate":0.01})");
  EXPECT_EQ(points[2], R"({"layers":0,"optimizer":"adam"})");
  EXPECT_EQ(points[3], R"({"layers":1,"units_1":64,"optimizer":"sgd","sgd_rate":0.01})");
  EXPECT_EQ(points.back(), R"({"layers":2,"units_1":32,"units_2":32,"optimizer":"adam"})");
  EXPECT_EQ(std::set<std::string>(points.begin(), points.end()).size(), points.size());
}

TEST(ConditionalStudy, ATrialTrainsWhatItsPointNames) {
  const auto spec = Read(Deep());
  const auto plan = PlanOf(*spec, std::string(R"({"layers":2,"units_1":64,"units_2":32,"optimizer":"sgd",)"
                                              R"("sgd_rate":0.1,"max_norm":5})"));
  ASSERT_TRUE(plan.ok());
  model::Faults faults;
  const model::Network network = ReadNetwork(plan->model, {784}, faults);
  ASSERT_TRUE(faults.empty()) << model::ToStatus(faults);
  ASSERT_EQ(network.layers.size(), 3u);
  EXPECT_EQ(std::get<model::DenseLayer>(network.layers[0].kind).units, 64);
  EXPECT_EQ(std::get<model::DenseLayer>(network.layers[1].kind).max_norm, 5.0);
  EXPECT_EQ(network.layers[1].name, "dense_2");
  EXPECT_EQ(network.layers[2].name, "dense_3");
  EXPECT_THAT(model::ToJson(plan->training), HasSubstr(R"("optimizer":{"sgd":{"learning_rate":0.1)"));
  // The point itself says the same.
  const auto rounds = search::Rounds::Open(spec->space, spec->search, spec->seed);
  for (std::int64_t trial = 1; trial <= rounds->trials(); ++trial) {
    const search::Point point = rounds->PointOf(trial);
    const TrialPlan by_point = PlanOf(*spec, point);
    const auto by_row = PlanOf(*spec, model::ToJson(spec->space.Values(point)));
    ASSERT_TRUE(by_row.ok());
    EXPECT_EQ(by_point.model, by_row->model);
    EXPECT_EQ(by_point.training, by_row->training);
    EXPECT_FALSE(model::HasBranches(by_point.model) || model::HasBranches(by_point.training));
  }
}

TEST(ConditionalStudy, CanonicalReadsBackAsItself) {
  const auto spec = Read(Deep());
  const auto again = ReadSpec(spec->canonical);
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_EQ((*again)->canonical, spec->canonical);
  EXPECT_THAT(spec->canonical,
              HasSubstr(R"("max_norm":{"values":[2.0,5.0],"when":{"optimizer":["sgd"],"layers":{"min":2.0}}})"));
  EXPECT_THAT(spec->canonical, HasSubstr(R"("units":{"values":[64,32],"per":"layers"})"));
}

// An absent parameter leaves its key unset; one that has no default cannot be.
TEST(ConditionalStudy, AnAbsentValueThatIsWantedIsAFaultWithItsPlace) {
  const std::string parameters = R"({"a":{"values":[1,2]},"x":{"values":[0.1],"when":{"a":2}}})";
  EXPECT_THAT(Faults(R"([{"dropout":"$x"},)" + kEnd + "]", parameters),
              ElementsAre(AllOf(HasSubstr("model[0].dropout: 'rate' is missing"), HasSubstr("$a is 1"))));
  EXPECT_THAT(Faults(R"([{"switch":"$a","1":[],"2":["flatten",{"dropout":"$x"}]},)" + kEnd + "]", parameters),
              IsEmpty());
  EXPECT_THAT(Faults("[" + kEnd + "]", parameters, R"("optimizer":{"sgd":{"momentum":"$x"}})"), IsEmpty());
}

TEST(ConditionalStudy, WhatDecidesStandsInFrontAndIsNotRefined) {
  const std::string model = R"([{"dense":{"units":8,"max_norm":"$x"}},)" + kEnd + "]";
  const std::string x = R"("x":{"values":[1,2],"when":{"a":1}})";
  EXPECT_THAT(Faults(model, "{" + x + R"(,"a":{"values":[1,2]}})"),
              ElementsAre(HasSubstr("parameters.x.when.a: no parameter 'a' stands in front")));
  EXPECT_THAT(Faults(model, R"({"a":{"linspace":{"start":1,"stop":2,"num":2}},)" + x + "}"),
              ElementsAre(HasSubstr("parameters.a: 'x' hangs on this parameter, which is refined")));
  EXPECT_THAT(Faults(model, R"({"a":{"values":[2,3]},)" + x + "}"),
              ElementsAre(HasSubstr("parameters.x.when.a: 1 is no value of a")));
  EXPECT_THAT(Faults(model, R"({"a":5,)" + x + "}"), IsEmpty()) << "a constant takes the others' part";
  const std::string chosen = R"([{"switch":"$a","1":{"dropout":"$x"},"2":[]},)" + kEnd + "]";
  EXPECT_THAT(Faults(chosen, R"({"x":{"values":[0.1]},"a":{"values":[1,2]}})"),
              ElementsAre(HasSubstr("parameters.x: whether it is there, 'a' says, which stands behind it")));
  // Whatever a says, there is a repetition.
  EXPECT_THAT(Faults(R"([{"repeat":{"times":"$a","layers":[{"dropout":"$x"}]}},)" + kEnd + "]",
                     R"({"x":{"values":[0.1]},"a":{"values":[1,2]}})"),
              IsEmpty());
}

TEST(ConditionalStudy, EachValueHasABranch) {
  EXPECT_THAT(
      Faults(R"([{"switch":"$a","1":[],"b":[]},)" + kEnd + "]", R"({"a":{"values":[1,"c"]}})"),
      ElementsAre(HasSubstr("model[0].switch: no branch stands for \"c\", a value of $a; there are: 1, b")));
}

TEST(ConditionalStudy, OneForEachRepetitionStandsInARepetition) {
  const std::string parameters = R"({"n":{"values":[1,2]},"x":{"values":[0.1],"per":"n"}})";
  EXPECT_THAT(
      Faults(R"([{"repeat":{"times":"$n","layers":["flatten"]}},{"dropout":"$x"},)" + kEnd + "]", parameters),
      ElementsAre(AllOf(HasSubstr("model[1].dropout.rate: "), HasSubstr("stands in none of them"))));
  EXPECT_THAT(Faults(R"([{"dropout":"$x"},)" + kEnd + "]", R"({"x":{"values":[0.1],"per":"n"}})"),
              ElementsAre(HasSubstr("parameters.x.per: 'n' is none that stands earlier")));
  EXPECT_THAT(Faults(R"([{"repeat":{"times":"$n","layers":[{"dropout":"$x"},{"dropout":"$x_2"}]}},)" + kEnd + "]",
                     R"({"n":{"values":[1,2]},"x":{"values":[0.1],"per":"n"},"x_2":{"values":[0.5]}})"),
              ElementsAre(HasSubstr("'x_2' is the name of another parameter")));
}

// A network is looked at in each combination of what decides it, and a fault told where the file has the layer.
TEST(ConditionalStudy, ShapesAreCheckedInEachCombination) {
  const model::DatasetShape small = {.sample = {4, 4}, .classes = 10, .train_rows = 100, .test_rows = 10};
  const std::string model = R"([{"switch":"$a","x":[],"y":"flatten"},
      {"repeat":{"times":"$n","layers":[{"max_pooling2d":{"pool_size":2}}]}},)" +
                            kEnd + "]";
  const std::string parameters = R"({"a":{"values":["x","y"]},"n":{"values":[0,1,2]}})";
  const auto faults = Faults(model, parameters, R"("optimizer":"sgd")", &small);
  ASSERT_EQ(faults.size(), 1u) << testing::PrintToString(faults);
  EXPECT_THAT(faults[0], AllOf(HasSubstr("model[1].repeat.layers[0].max_pooling2d"), HasSubstr("$a is \"y\""),
                               HasSubstr("$n is 1")));
  EXPECT_THAT(Faults(model, R"({"a":{"values":["x"]},"n":{"values":[0,1,2]}})", R"("optimizer":"sgd")", &small),
              IsEmpty());
  // Not only the deciding ones: the others' values in each of their combinations.
  EXPECT_THAT(
      Faults(
          R"([{"switch":"$a","x":[],"y":{"reshape":{"target_shape":[2,8]}}},{"conv2d":{"filters":2,"kernel_size":"$k"}},)" +
              kEnd + "]",
          R"({"a":{"values":["x","y"]},"k":{"values":[2,3]}})", R"("optimizer":"sgd")", &small),
      ElementsAre(AllOf(HasSubstr("model[1].conv2d"), HasSubstr("$a is \"y\""))));
}

TEST(ConditionalStudy, TrialsOfBothKindsHaveNoObjectiveInCommon) {
  EXPECT_THAT(
      Faults(R"([{"switch":"$a","x":{"dense":{"units":1}},"y":)" + kEnd + "}]", R"({"a":{"values":["x","y"]}})"),
      ElementsAre(HasSubstr("training.loss")));
}

TEST(ConditionalStudy, ARangeIsNoGrid) {
  EXPECT_THAT(Faults(R"([{"dropout":"$x"},)" + kEnd + "]", R"({"x":{"range":{"low":0,"high":0.5}}})"),
              ElementsAre(AllOf(HasSubstr("parameters.x.range: a range has no grid"), HasSubstr("random"))));
  EXPECT_THAT(
      Faults(R"([{"dense":{"units":"$x"}},)" + kEnd + "]", R"({"x":{"int_range":{"low":0,"high":8}}})"),
      ElementsAre(HasSubstr("int_range: a range has no grid"), HasSubstr("parameters.x: 0 is out of range")));
}

TEST(ConditionalStudy, WhatIsTooEntangledIsRefused) {
  std::string layers, selectors, hanging;
  for (int i = 0; i < 40; ++i) {
    const std::string n = std::to_string(i);
    layers += R"({"dense":{"units":4,"use_bias":"$s)" + n + R"(","max_norm":"$x)" + n + R"("}},)";
    selectors += R"("s)" + n + R"(":{"values":[true,false]},)";
    hanging += R"(,"x)" + n + R"(":{"values":[1,2],"when":{"s)" + n + R"(":true}})";
  }
  EXPECT_THAT(Faults("[" + layers + kEnd + "]", "{" + selectors + hanging.substr(1) + "}"),
              ElementsAre(HasSubstr("parameters: whether parameters are there hangs on too many")));
}

TEST(ConditionalStudy, PlainStudiesAreNone) {
  EXPECT_FALSE(HasConditions(Read(Study("[" + kEnd + "]", R"("optimizer":"sgd")", "{}"))->document, {}));
}

}  // namespace
}  // namespace hpsearch::study
