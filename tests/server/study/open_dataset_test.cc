// Studies whose data hang on parameters: what each trial has, and which faults only points bring to light.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <string>
#include <vector>

#include "server/search/round.h"
#include "server/study/data_hash.h"
#include "server/study/trial_key.h"
#include "tests/server/study/spec_documents.h"

namespace hpsearch::study {
namespace {

using model::DatasetShape;
using model::DatasetSpec;
using model::Node;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

const std::string kEnd = R"({"dense":{"units":3,"activation":"softmax"}})";

Node Study(const std::string& dataset, const std::string& parameters,
           const std::string& model = "[" + kEnd + "]") {
  return Document(R"({"study":"s","dataset":)" + dataset + R"(,"model":)" + model +
                  R"(,"training":{"epochs":1,"optimizer":"sgd"},"parameters":)" + parameters + "}");
}

std::vector<std::string> FaultsWith(const ShapeLookup& lookup, const Node& document) {
  model::Faults faults;
  ReadSpec(document, lookup, faults);
  std::vector<std::string> lines;
  for (const model::Fault& fault : faults) lines.push_back(fault.path + ": " + fault.message);
  return lines;
}

// Of all points of round 1, in their order.
std::vector<TrialPlan> PlansOf(const StudySpec& spec) {
  std::vector<TrialPlan> plans;
  const auto rounds = search::Rounds::Open(spec.space, spec.search, spec.seed);
  for (std::int64_t trial = 1; trial <= rounds->trials(); ++trial) {
    plans.push_back(PlanOf(spec, rounds->PointOf(trial)));
    const auto by_row = PlanOf(spec, model::ToJson(spec.space.Values(rounds->PointOf(trial))));
    EXPECT_TRUE(by_row.ok() && by_row->dataset == plans.back().dataset) << "a stored point says the same";
  }
  return plans;
}

std::vector<std::string> DatasetsOfPoints(const Node& document) {
  std::vector<std::string> texts;
  const auto spec = Read(document);
  if (spec == nullptr) return texts;
  for (const TrialPlan& plan : PlansOf(*spec)) texts.push_back(model::ToJson(plan.dataset));
  EXPECT_EQ((*ReadSpec(spec->canonical))->canonical, spec->canonical);
  return texts;
}

TEST(OpenDataset, EachScalarOfTheMappingMayBeAParameter) {
  EXPECT_THAT(
      DatasetsOfPoints(Study(
          R"({"name":"t","target":"$t","header":"$h","normalize":"$n","test_fraction":"$f","drop":["$d","id"]})",
          R"({"t":{"values":["y",2]},"h":true,"n":"unit","f":{"values":[0]},"d":3})")),
      ElementsAre(
          R"({"name":"t","target":"y","header":true,"drop":[3,"id"],"normalize":"unit","test_fraction":0.0})",
          R"({"name":"t","target":2,"header":true,"drop":[3,"id"],"normalize":"unit","test_fraction":0.0})"));
  EXPECT_THAT(DatasetsOfPoints(Study(R"({"name":"t","classes":[3,"$k"],"categorical":["$c"]})",
                                     R"({"k":{"values":[1,8]},"c":"kind"})")),
              ElementsAre(R"({"name":"t","classes":[3,1],"categorical":["kind"]})",
                          R"({"name":"t","classes":[3,8],"categorical":["kind"]})"));
}

TEST(OpenDataset, SwitchesAndConditionsReachIt) {
  EXPECT_THAT(DatasetsOfPoints(
                  Study(R"({"name":"t","normalize":{"switch":"$a","x":"unit","y":"$n"},"test_fraction":"$f"})",
                        R"({"a":{"values":["x","y"]},"n":{"values":["none","standardize"]},
                                 "f":{"values":[0.25],"when":{"a":"x"}}})")),
              ElementsAre(R"({"name":"t","normalize":"unit","test_fraction":0.25})",
                          R"({"name":"t","normalize":"none"})", R"({"name":"t","normalize":"standardize"})"));
  EXPECT_THAT(DatasetsOfPoints(Study(R"({"switch":"$a","x":"d","y":{"path":"e","normalize":"$n"}})",
                                     R"({"a":{"values":["x","y"]},"n":{"values":["none","unit"]}})")),
              ElementsAre(R"({"name":"d"})", R"({"path":"./e","normalize":"none"})",
                          R"({"path":"./e","normalize":"unit"})"));
}

TEST(OpenDataset, ATrialIsKeyedAsThatOfAStudyWithoutTheParameter) {
  const auto open = Read(Study(R"({"name":"$d","test_fraction":"$f"})", R"({"d":{"values":["a","b"]},"f":0})"));
  const auto fixed = Read(Study(R"({"name":"b","test_fraction":0})", "{}"));
  const StudyRecord of_both = {.name = "s", .data_hash = R"({"a":"1","b":"2"})", .numerics_digest = "n"};
  const StudyRecord of_b = {.name = "s", .data_hash = "2", .numerics_digest = "n"};
  const std::vector<TrialPlan> plans = PlansOf(*open);
  ASSERT_EQ(plans.size(), 2U);
  EXPECT_EQ(KeyOf(plans[1], of_both), KeyOf(PlansOf(*fixed)[0], of_b));
  EXPECT_NE(KeyOf(plans[0], of_both), KeyOf(plans[1], of_both));
  // The same name with another content is another training.
  StudyRecord other = of_both;
  other.data_hash = R"({"a":"1","b":"3"})";
  EXPECT_NE(KeyOf(plans[1], other), KeyOf(plans[1], of_both));
  EXPECT_EQ(KeyOf(plans[0], other), KeyOf(plans[0], of_both));
}

TEST(OpenDataset, TheDataSetsAreThoseThatValuesName) {
  const auto datasets = [](const std::string& dataset, const std::string& parameters) {
    return Read(Study(dataset, parameters))->datasets;
  };
  EXPECT_THAT(datasets(R"("$d")", R"({"d":{"values":["b","a"]}})"), ElementsAre("a", "b"));
  EXPECT_THAT(datasets(R"({"name":{"switch":"$a","1":"x","2":"$d","3":"z"}})",
                       R"({"a":{"values":[1,2]},"d":{"values":["x","y"]}})"),
              ElementsAre("x", "y"));
  EXPECT_THAT(datasets(R"({"switch":"$a","1":"$$x","2":{"path":"y"}})", R"({"a":{"values":[1,2]}})"),
              ElementsAre("$x", "./y"));
  std::string names;
  for (int i = 0; i < 17; ++i) names += (i == 0 ? "\"d" : ",\"d") + std::to_string(i) + "\"";
  EXPECT_THAT(study::FaultsOf(Study(R"("$d")", R"({"d":{"values":[)" + names + "]}}"), nullptr),
              ElementsAre(HasSubstr("dataset: its trials have 17 data sets")));
}

TEST(OpenDataset, ValuesAreHeldAgainstTheirKeysAtEachPoint) {
  const auto faults = [](const std::string& dataset, const std::string& parameters) {
    return study::FaultsOf(Study(dataset, parameters), nullptr);
  };
  EXPECT_THAT(faults(R"({"name":"t","normalize":"$n"})", R"({"n":{"values":["unit","minmax"]}})"),
              ElementsAre(HasSubstr("parameters.n: unknown normalize 'minmax'")));
  EXPECT_THAT(faults(R"({"name":"t","target":"$t"})", R"({"t":{"values":[1,true]}})"),
              ElementsAre(HasSubstr("parameters.t: true; a column's name, or its index from 0")));
  EXPECT_THAT(
      faults(R"("$d")", R"({"d":{"values":["a","../b"]}})"),
      ElementsAre(AllOf(HasSubstr("dataset.name: '../b' is text and no name"), HasSubstr("$d is \"../b\""))));
  EXPECT_THAT(
      faults(R"({"name":"t","classes":[3,"$k"]})", R"({"k":{"values":[1,3]}})"),
      ElementsAre(AllOf(HasSubstr("dataset.classes[1]: the class 3 stands there twice"), HasSubstr("$k is 3"))));
  EXPECT_THAT(
      faults(R"({"name":"t","drop":["$c","id"]})", R"({"c":{"values":["x","id"]}})"),
      ElementsAre(AllOf(HasSubstr("dataset.drop[1]: this column stands there twice"), HasSubstr("$c is \"id\""))));
  EXPECT_THAT(faults(R"("$d")", R"({"a":{"values":[1,2]},"d":{"values":["x"],"when":{"a":2}}})"),
              ElementsAre(HasSubstr("dataset: 'name' is missing")));
  EXPECT_THAT(faults(R"({"switch":"$a","1":{"normalize":"unit"},"2":"x"})", R"({"a":{"values":[1,2]}})"),
              ElementsAre(HasSubstr("dataset.1: 'name' is missing")));
  EXPECT_THAT(faults(R"({"name":"t","target":{"switch":"$a","1":"y"}})", R"({"a":{"values":[1,2]}})"),
              ElementsAre(HasSubstr("dataset.target.switch: no branch stands for 2")));
  EXPECT_THAT(faults(R"({"name":"t","target":"$nowhere"})", "{}"), ElementsAre(HasSubstr("dataset.target: ")));
}

// A column is no quantity: an axis over it stays where the best is.
TEST(OpenDataset, RefinementDoesNotMoveBetweenColumns) {
  const auto spec = Read(Study(
      R"({"name":"t","target":"$t","test_fraction":"$f"})",
      R"({"t":{"linspace":{"start":0,"stop":2,"num":3}},"f":{"linspace":{"start":0.1,"stop":0.3,"num":3}}})"));
  EXPECT_FALSE(spec->space.Find("t")->refinable());
  EXPECT_TRUE(spec->space.Find("f")->refinable());
}

// Two sets: four features and three classes, nine features and five.
absl::StatusOr<DatasetShape> TwoSets(const DatasetSpec& wanted) {
  DatasetShape shape = {.sample = {2, 2}, .classes = 3, .train_rows = 100};
  if (wanted.name == "large") shape = {.sample = {3, 3}, .classes = 5, .train_rows = 1000};
  if (wanted.name != "large" && wanted.name != "small") return absl::NotFoundError("no data set " + wanted.name);
  if (wanted.target == model::Column("gone")) {
    return absl::InvalidArgumentError("dataset.target: there is no column 'gone'");
  }
  shape.train_rows -=
      static_cast<std::int64_t>(static_cast<double>(shape.train_rows) * wanted.test_fraction.value_or(0));
  return shape;
}

TEST(OpenDataset, ShapesAreCheckedAtEachPointsOwnDataSet) {
  const std::string names = R"({"d":{"values":["small","large"]}})";
  EXPECT_THAT(FaultsWith(TwoSets, Study(R"("$d")", names, "[" + kEnd + "]")),
              ElementsAre(AllOf(HasSubstr("model[0].dense.units: a softmax of 3 units for 5 classes"),
                                HasSubstr("$d is \"large\""))));
  // Beside the first point one by one both would do: only together they do not.
  EXPECT_THAT(FaultsWith(TwoSets, Study(R"("$d")", R"({"u":{"values":[5,3]},"d":{"values":["small","large"]}})",
                                        R"([{"dense":{"units":"$u","activation":"softmax"}}])")),
              ElementsAre(AllOf(HasSubstr("model[0].dense.units: a softmax of 3 units for 5 classes"),
                                HasSubstr("$d is \"large\""))));
  EXPECT_THAT(
      FaultsWith(TwoSets, Study(R"({"name":"small","test_fraction":"$f"})", R"({"f":{"values":[0,0.5,0.99]}})")),
      ElementsAre(AllOf(HasSubstr("training.validation_fraction: of 1 rows"), HasSubstr("$f is 0.99"))));
}

TEST(OpenDataset, WhatIsNotFoundIsToldAtTheBranchThatNamesIt) {
  const auto faults = [](const std::string& dataset, const std::string& parameters) {
    return FaultsWith(TwoSets, Study(dataset, parameters, R"([{"dense":{"units":5,"activation":"softmax"}}])"));
  };
  const std::string ab = R"({"a":{"values":["x","y"]}})";
  const std::string ab_twice = R"({"a":{"values":["x","y"]},"b":{"values":["x","y"]}})";
  EXPECT_THAT(faults(R"("$d")", R"({"d":{"values":["small","gone"]}})"),
              ElementsAre(AllOf(HasSubstr("dataset.name: no data set gone"), HasSubstr("$d is \"gone\""))));
  EXPECT_THAT(faults(R"({"name":{"switch":"$a","x":"small","y":"gone"}})", ab),
              ElementsAre(HasSubstr("dataset.name.y: no data set gone")));
  EXPECT_THAT(
      faults(R"({"switch":"$a","x":"large","y":{"name":"small","target":{"switch":"$b","x":1,"y":"gone"}}})",
             ab_twice),
      ElementsAre(HasSubstr("dataset.y.target.y: there is no column 'gone'")));
  EXPECT_THAT(faults(R"({"switch":"$a","x":"large","y":"small"})", ab), IsEmpty());
}

TEST(OpenDataset, EachDataSetIsLookedForOnce) {
  std::vector<std::string> looked_for;
  const auto lookup = [&](const DatasetSpec& wanted) {
    looked_for.push_back(wanted.name);
    return TwoSets(wanted);
  };
  EXPECT_THAT(FaultsWith(lookup, Study(R"({"name":"$d","normalize":"$n"})",
                                       R"({"d":{"values":["small","large"]},"n":{"values":["unit","none"]},
                                           "u":{"values":[5,6,7]}})",
                                       R"([{"dense":{"units":"$u","activation":"softmax"}}])")),
              IsEmpty());
  EXPECT_THAT(looked_for, ElementsAre("small", "large"));
}

// What a worker offers is of one set; the trials that have another are not held against it.
TEST(OpenDataset, AnOfferIsHeldAgainstTheTrialsThatHaveIt) {
  const auto spec = Read(Study(R"({"name":{"switch":"$a","x":"small","y":"large"},"target":"$t"})",
                               R"({"a":{"values":["x","y"]},"t":{"values":[0,7],"when":{"a":"y"}}})"));
  const DatasetShape table = {.sample = {6}, .train_rows = 9, .table = true};
  EXPECT_THAT(CheckAgainst(*spec, "small", table), IsEmpty());
  const model::Faults faults = CheckAgainst(*spec, "large", table);
  ASSERT_EQ(faults.size(), 1U);
  EXPECT_EQ(faults[0].path, "dataset.target");
  EXPECT_THAT(faults[0].message, AllOf(HasSubstr("there is no column 7"), HasSubstr("$t is 7")));
  EXPECT_THAT(CheckAgainst(*spec, "large", {.sample = {2}, .classes = 5, .train_rows = 90}), testing::SizeIs(1));
  EXPECT_THAT(CheckAgainst(*spec, "small", {.sample = {2}, .classes = 3, .train_rows = 90}), IsEmpty());
}

TEST(DataHash, IsThatOfTheOneSetOrOfEachByName) {
  WorkerHello worker;
  worker.datasets = {{.key = "b", .fault = "", .hash = "2", .shape = {}},
                     {.key = "a", .fault = "", .hash = "1", .shape = {}}};
  EXPECT_EQ(DataHashOf({"b"}, worker), "2");
  EXPECT_EQ(DataHashOf({"a", "b"}, worker), R"({"a":"1","b":"2"})");
  EXPECT_EQ(HashIn("2", "whatever"), "2");
  EXPECT_EQ(HashIn(R"({"a":"1","b":"2"})", "b"), "2");
  EXPECT_EQ(HashIn(R"({"a":"1","b":"2"})", "c"), "");
  EXPECT_TRUE(ShareData("1", "1"));
  EXPECT_TRUE(ShareData("2", R"({"a":"1","b":"2"})"));
  EXPECT_TRUE(ShareData(R"({"a":"1","b":"2"})", R"({"c":"2"})"));
  EXPECT_FALSE(ShareData("3", R"({"a":"1","b":"2"})"));
}

}  // namespace
}  // namespace hpsearch::study
