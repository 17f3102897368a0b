#include "server/study/spec.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <string>
#include <vector>

#include "server/model/json.h"
#include "server/model/network.h"
#include "server/model/training.h"
#include "server/search/round.h"
#include "tests/server/study/spec_documents.h"

namespace hpsearch::study {
namespace {

using model::DatasetShape;
using model::Faults;
using model::Node;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using ::testing::UnorderedElementsAre;

const DatasetShape kFashion = {.sample = {28, 28}, .classes = 10, .train_rows = 60000, .test_rows = 10000};

// The contract's example.
constexpr const char* kExample = R"({
  "study": "fashion-mlp",
  "dataset": "fashion-mnist",
  "seed": 7,
  "objective": {"metric": "validation_error", "direction": "minimize", "at": "best"},
  "model": [
    {"dropout": {"rate": 0.2}},
    {"dense": {"units": 128, "activation": "relu", "kernel_initializer": "normal", "max_norm": "$max_norm"}},
    {"dropout": {"rate": "$dropout"}},
    {"dense": {"units": 128, "activation": "tanh", "kernel_initializer": "normal", "max_norm": "$max_norm"}},
    {"dropout": {"rate": "$dropout"}},
    {"dense": {"units": 10, "activation": "softmax"}}],
  "training": {
    "epochs": 10, "batch_size": 128, "loss": "cross_entropy",
    "optimizer": {"sgd": {"learning_rate": "$learning_rate", "momentum": 0.9}},
    "schedule": {"time_decay": {"rate": 1.0e-4}}},
  "parameters": {
    "learning_rate": {"logspace": {"start": -3, "stop": 0, "num": 4}},
    "dropout": {"logspace": {"start": -2, "stop": -0.30103, "num": 4}},
    "max_norm": {"logspace": {"start": 0, "stop": 1, "num": 3}}},
  "search": {"grid": {}, "refine": {"rounds": 3}}})";

// The least that runs.
constexpr const char* kLeast = R"({
  "study": "least", "dataset": "digits",
  "model": [{"dense": {"units": 10, "activation": "softmax"}}],
  "training": {"epochs": 1, "optimizer": "sgd"}})";

// `json` with the value at a top-level key replaced.
Node With(const char* json, const char* key, const std::string& value) {
  Node document = Document(json);
  document.Set(key, Document(value));
  return document;
}

std::vector<std::string> FaultsOf(const Node& document) { return study::FaultsOf(document, &kFashion); }

TEST(SpecTest, ReadsTheContractsExample) {
  Faults faults;
  const auto spec = ReadSpec(Document(kExample), Always(&kFashion), faults);
  ASSERT_NE(spec, nullptr) << model::ToStatus(faults);
  EXPECT_EQ(spec->name, "fashion-mlp");
  EXPECT_EQ(spec->seed, 7);
  EXPECT_EQ(spec->objective.metric, "validation_error");
  EXPECT_EQ(spec->limits.max_trials, 1'000'000);
  EXPECT_EQ(spec->limits.lease_seconds, 10);
  EXPECT_THAT(spec->datasets, ElementsAre("fashion-mnist"));
  const auto rounds = search::Rounds::Open(spec->space, spec->search, 0);
  ASSERT_TRUE(rounds.ok());
  EXPECT_EQ(rounds->trials(), 48);

  const search::Point point = rounds->PointOf(2);  // the last parameter varies fastest
  EXPECT_EQ(EpochsOf(*spec, point), 10);
  const TrialPlan plan = PlanOf(*spec, point);
  EXPECT_EQ(plan.seed, 7);
  const model::Network network = model::ReadNetwork(plan.model, {28, 28}, faults);
  const model::Training training = model::ReadTraining(plan.training, faults);
  EXPECT_TRUE(faults.empty()) << model::ToStatus(faults);
  EXPECT_EQ(std::get<model::DenseLayer>(network.layers[1].kind).max_norm, std::pow(10.0, 0.5));
  EXPECT_EQ(std::get<model::DropoutLayer>(network.layers[2].kind).rate, 0.01);
  EXPECT_EQ(training.optimizer.learning_rate, 0.001);
  EXPECT_EQ(model::ReadDataset(plan.dataset, faults), (model::DatasetSpec{.name = "fashion-mnist"}));
}

// Keras's None is a value like any other of an axis, at a key that may be left unset.
TEST(SpecTest, AnAxisMayLeaveAKeyUnset) {
  const auto with = [](const char* max_norm, const char* dropout) {
    return With(kExample, "parameters",
                fmt::format(R"({{"learning_rate": 1, "dropout": {}, "max_norm": {}}})", dropout, max_norm));
  };
  const auto spec = Read(with(R"({"values": [null, 3]})", "0.5"));
  ASSERT_NE(spec, nullptr);
  const auto rounds = search::Rounds::Open(spec->space, spec->search, 0);
  ASSERT_TRUE(rounds.ok());
  model::Faults faults;
  const auto norm_of = [&](std::int64_t trial) {
    const model::Network network =
        model::ReadNetwork(PlanOf(*spec, rounds->PointOf(trial)).model, {28, 28}, faults);
    return std::get<model::DenseLayer>(network.layers[1].kind).max_norm;
  };
  EXPECT_EQ(norm_of(1), std::nullopt);
  EXPECT_EQ(norm_of(2), 3.0);
  EXPECT_TRUE(faults.empty()) << model::ToStatus(faults);
  EXPECT_THAT(FaultsOf(with("3", R"({"values": [null, 0.5]})")), SizeIs(1));  // a rate is required
}

TEST(SpecTest, TheCanonicalDocumentHasEveryDefaultInTheContractsOrder) {
  EXPECT_EQ(Read(Document(kLeast))->canonical,
            R"({"study":"least","dataset":{"name":"digits"},"seed":0,)"
            R"("objective":{"metric":"validation_error","direction":"minimize","at":"best"},)"
            R"("model":[{"dense":{"name":"dense_1","units":10,"activation":"softmax","use_bias":true,)"
            R"("kernel_initializer":"glorot_uniform","bias_initializer":"zeros"}}],)"
            R"("training":{"epochs":1,"batch_size":32,"loss":"cross_entropy",)"
            R"("optimizer":{"sgd":{"learning_rate":0.01,"momentum":0.0,"nesterov":false}},)"
            R"("validation_fraction":0.16666666666666666},"parameters":{},"search":{"grid":{}},)"
            R"("limits":{"max_trials":1000000,"max_failed_trials":3,"max_attempts":3,"lease_seconds":10.0},)"
            R"("checkpoints":{"keep":5}})");
}

TEST(SpecTest, EqualMeaningIsEqualText) {
  const Node lengthy = Document(R"({
    "limits": {"lease_seconds": 10, "max_trials": 1e6, "max_seconds": null}, "search": {"refine": {"rounds": 1}},
    "training": {"optimizer": {"sgd": {}}, "epochs": 1.0, "threads": 1}, "seed": 0.0, "stopping": [], "weight": 1,
    "priority": 0, "objective": "validation_error", "parameters": null,
    "model": [{"dense": {"activation": "softmax", "units": 10}}], "dataset": {"name": "digits"}, "study": "least"})");
  EXPECT_EQ(Read(lengthy)->canonical, Read(Document(kLeast))->canonical);

  const auto values = [](const char* list) {
    Node document = With(kExample, "parameters",
                         std::string(R"({"learning_rate": 1, "dropout": {"values": )") + list +
                             R"(}, "max_norm": {"linspace": {"stop": 4, "start": 1.0, "num": 2.0}}})");
    return Read(document)->canonical;
  };
  EXPECT_EQ(values("[0, 0.5]"), values("[0.0, 0.5]"));
  EXPECT_NE(values("[0, 0.5]"), values("[0.5, 0]"));
}

TEST(SpecTest, TheCanonicalDocumentReadsBackAsItself) {
  for (const char* json : {kExample, kLeast}) {
    const auto spec = Read(Document(json));
    const auto again = ReadSpec(spec->canonical);
    ASSERT_TRUE(again.ok()) << again.status();
    EXPECT_EQ((*again)->canonical, spec->canonical);
    EXPECT_EQ((*again)->document, spec->document);
    // The same trials, to the bit: a restarted coordinator reads the stored text.
    const auto before = search::Rounds::Open(spec->space, spec->search, 0);
    const auto after = search::Rounds::Open((*again)->space, (*again)->search, 0);
    ASSERT_EQ(before->trials(), after->trials());
    for (std::int64_t trial = 1; trial <= before->trials(); ++trial) {
      EXPECT_EQ(model::ToJson(spec->space.Values(before->PointOf(trial))),
                model::ToJson((*again)->space.Values(after->PointOf(trial))));
    }
  }
}

// Acceptance 6 without the duplicate key, which is found before there is a document.
TEST(SpecTest, SemanticFaultsAreToldAtOnceOneEach) {
  const Node document = Document(R"({
    "study": "faults", "dataset": "fashion-mnist",
    "model": [
      {"dropout": {"rate": "$nothing"}},
      {"dens": {"units": 128}},
      {"dense": {"units": "128", "activation": "relu"}},
      {"dense": {"units": 8, "activation": "softmax"}}],
    "training": {"epochs": 10, "batchsize": 128,
                 "optimizer": {"sgd": {"learning_rate": "$learning_rate", "momentum": "$momentum"}}},
    "parameters": {
      "learning_rate": {"logspace": {"start": -3, "stop": 0, "num": -1}},
      "momentum": {"geomspace": {"start": 0, "stop": 0.9, "num": 3}},
      "stray": 1}})");
  EXPECT_THAT(
      FaultsOf(document),
      UnorderedElementsAre(
          HasSubstr("model[0].dropout.rate: unknown parameter 'nothing'"),
          HasSubstr("model[1].dens: unknown layer 'dens'"),
          HasSubstr("model[2].dense.units: '128' is text; an integer from 1 to 1,048,576 is wanted"),
          HasSubstr("model[3].dense.units: a softmax of 8 units for 10 classes; at least 10 units are wanted"),
          HasSubstr("training.batchsize: unknown key of training 'batchsize'"),
          HasSubstr("parameters.learning_rate.logspace.num: -1 is out of range"),
          HasSubstr("parameters.momentum.geomspace.start: a geometric sequence never is 0"),
          HasSubstr("parameters.stray: nothing names this parameter")));
}

TEST(SpecTest, EachValueSuitsEachKeyThatNamesIt) {
  EXPECT_THAT(
      FaultsOf(With(kExample, "parameters", R"({
      "learning_rate": {"values": [0.1, "fast", -1]},
      "dropout": {"linspace": {"start": 0, "stop": 1, "num": 3}},
      "max_norm": 0})")),
      UnorderedElementsAre(
          "parameters.learning_rate: 'fast' is text; a number above 0 is wanted (at "
          "training.optimizer.sgd.learning_rate)",
          "parameters.dropout: 1 is out of range; a number in [0, 1) is wanted (at model[2].dropout.rate)",
          "parameters.max_norm: 0 is out of range; a number above 0 is wanted (at model[1].dense.max_norm)"));
}

TEST(SpecTest, AValueThatMakesNoNetworkIsAFaultOfTheKey) {
  Node document = Document(kLeast);
  *document.Find("model") = Document(R"([{"dense": {"units": "$units", "activation": "$last"}}])");
  document.Set("parameters",
               Document(R"({"units": {"values": [16, 10, 4, 2]}, "last": {"values": ["softmax", "relu"]}})"));
  EXPECT_THAT(
      FaultsOf(document),
      UnorderedElementsAre(
          "model[0].dense.units: a softmax of 4 units for 10 classes; at least 10 units are wanted ($units is 4)",
          HasSubstr(
              "model[0].dense: the network ends as a regression, and the data set's targets are 10 classes")));
}

TEST(SpecTest, LongAxesAreLookedAtToTheirEnds) {
  Node document = Document(kLeast);
  *document.Find("model") = Document(R"([{"dense": {"units": "$units", "activation": "softmax"}}])");
  document.Set("parameters", Document(R"({"units": {"linspace": {"start": 50000, "stop": 1, "num": 50000}}})"));
  EXPECT_THAT(FaultsOf(document), ElementsAre(HasSubstr("model[0].dense.units: a softmax of")));
}

TEST(SpecTest, ABrokenSectionBringsNoFurtherFaults) {
  for (const char* model : {"null", "[]", R"({"dense": 1})", "7"}) {
    EXPECT_EQ(FaultsOf(With(kExample, "model", model)).size(), 1U) << model;
  }
  EXPECT_THAT(FaultsOf(With(kExample, "training", "[]")),
              ElementsAre(HasSubstr("training: a sequence stands there")));
  EXPECT_THAT(FaultsOf(With(kExample, "parameters", "[]")),
              ElementsAre(HasSubstr("parameters: a sequence stands there")));
  EXPECT_THAT(FaultsOf(With(kExample, "dataset", "[]")),
              ElementsAre(HasSubstr("dataset: a sequence stands there")));
  EXPECT_THAT(FaultsOf(Node(7)), ElementsAre(HasSubstr(": 7; a study is a mapping")));
}

TEST(SpecTest, AMisspeltKeyIsNotMissingToo) {
  Node document;
  const Node example = Document(kExample);
  for (const auto& [key, value] : example.mapping()) document.Set(key == "parameters" ? "paramters" : key, value);
  EXPECT_THAT(FaultsOf(document), ElementsAre(HasSubstr("paramters: unknown key 'paramters'")));
  document = Node();
  for (const auto& [key, value] : example.mapping()) document.Set(key == "model" ? "modle" : key, value);
  EXPECT_THAT(FaultsOf(document), ElementsAre(HasSubstr("did you mean 'model'?")));
}

// Whichever of its values a parameter takes, the network that it makes is looked at.
TEST(SpecTest, AShortcutAndAKernelMayBeParameters) {
  const auto faults = [](const char* inputs, const char* sizes) {
    Node document = With(kLeast, "model", R"([{"conv2d": {"filters": 4, "kernel_size": 3, "padding": "same"}},
        {"conv2d": {"filters": 4, "kernel_size": "$size", "padding": "same", "dilation_rate": 1}},
        {"max_pooling2d": {"pool_size": "$size", "strides": 1, "name": "pooled"}},
        {"max_pooling2d": {"pool_size": "$size", "strides": 1, "name": "beside", "input": "conv2d_2"}},
        {"add": {"inputs": ["pooled", "$with"]}}, {"add": {"inputs": ["add_1", "beside"]}}, "flatten",
        {"dense": {"units": 10, "activation": "softmax"}}])");
    document.Set("parameters", *model::FromJson(std::string(R"({"with": {"values": )") + inputs +
                                                R"(}, "size": {"values": )" + sizes + "}}"));
    return FaultsOf(document);
  };
  EXPECT_THAT(faults(R"(["beside", "pooled"])", "[1, 3]"), IsEmpty());
  EXPECT_THAT(faults(R"(["beside", "besides"])", "[1, 3]"),
              ElementsAre(AllOf(HasSubstr("model[4].add.inputs[1]: unknown layer 'besides'; there are: input, "),
                                HasSubstr("($with is \"besides\")"))));
  EXPECT_THAT(faults(R"(["beside", "pooled"])", "[1, 40]"),
              ElementsAre(HasSubstr("model[2].max_pooling2d.pool_size: a window of 40x40 does not fit into 28x28"),
                          HasSubstr("model[3].max_pooling2d.pool_size: a window of 40x40")));
}

TEST(SpecTest, RequiredKeysAreNamed) {
  EXPECT_THAT(FaultsOf(Node(Node::Mapping())),
              UnorderedElementsAre(HasSubstr("'study' is missing"), HasSubstr("'dataset' is missing"),
                                   HasSubstr("'model' is missing"), HasSubstr("'training' is missing")));
}

TEST(SpecTest, NamesOfStudiesAreBounded) {
  for (const char* name : {"a", "0-a", "fashion-mlp"}) {
    EXPECT_THAT(FaultsOf(With(kLeast, "study", '"' + std::string(name) + '"')), IsEmpty()) << name;
  }
  EXPECT_THAT(FaultsOf(With(kLeast, "study", '"' + std::string(63, 'a') + '"')), IsEmpty());
  for (const std::string& name : {std::string("-a"), std::string("A"), std::string("a_b"), std::string(64, 'a')}) {
    EXPECT_THAT(FaultsOf(With(kLeast, "study", '"' + name + '"')), ElementsAre(HasSubstr("no study's name")))
        << name;
  }
  EXPECT_THAT(FaultsOf(With(kLeast, "study", "7")),
              ElementsAre(HasSubstr("study: 7 is a number; text is wanted")));
}

// Studies of earlier versions have none, and are what they were.
TEST(SpecTest, StoppingRulesStandInTheCanonicalDocumentWhereThereAreAny) {
  const std::string without = Read(Document(kLeast))->canonical;
  for (const char* none : {"[]", "null"}) EXPECT_EQ(Read(With(kLeast, "stopping", none))->canonical, without);
  const auto spec = Read(With(kLeast, "stopping", R"([{"patience": 3}])"));
  EXPECT_THAT(spec->canonical, HasSubstr(R"("stopping":[{"patience":{"epochs":3,"min_delta":0.0}}])"));
  EXPECT_EQ(Read(Document(spec->canonical))->canonical, spec->canonical);
  EXPECT_TRUE(SameForAnyWorkers(*spec));
  EXPECT_FALSE(SameForAnyWorkers(*Read(With(kLeast, "stopping", R"([{"patience": 3}, "median"])"))));
  EXPECT_THAT(FaultsOf(With(kLeast, "stopping", R"([{"patience": {"epochs": 0}}])")),
              ElementsAre(HasSubstr("stopping[0].patience.epochs: 0 is out of range")));
}

TEST(SpecTest, SettingsHaveTheirDomains) {
  EXPECT_THAT(FaultsOf(With(kLeast, "limits", R"({"max_trials": 0, "lease_seconds": 0.5, "max_seconds": 0})")),
              UnorderedElementsAre(HasSubstr("limits.max_trials: 0 is out of range"),
                                   HasSubstr("limits.lease_seconds: 0.5 is out of range; a number in [1, 3600]"),
                                   HasSubstr("limits.max_seconds: 0 is out of range; a number above 0")));
  EXPECT_THAT(FaultsOf(With(kLeast, "seed", "-1")),
              ElementsAre("seed: -1 is out of range; an integer from 0 is wanted"));
  EXPECT_THAT(FaultsOf(With(kLeast, "objective", R"({"direction": "up", "goal": 1})")),
              UnorderedElementsAre(HasSubstr("objective.direction: unknown direction 'up'"),
                                   HasSubstr("objective.goal: unknown key of objective 'goal'")));
  const auto spec =
      Read(With(kLeast, "objective", R"({"metric": "train_loss", "direction": "maximize", "at": "last"})"));
  EXPECT_EQ(spec->objective.metric, "train_loss");
  EXPECT_EQ(spec->objective.direction, Objective::Direction::kMaximize);
  EXPECT_EQ(spec->objective.at, Objective::At::kLast);
}

TEST(SpecTest, NothingThatIsNotFiniteIsTaken) {
  Node document = Document(kLeast);
  Node& training = *document.Find("training");
  training.Set("optimizer",
               Node::Mapping{{"sgd", Node::Mapping{{"learning_rate", std::numeric_limits<double>::infinity()}}}});
  EXPECT_THAT(FaultsOf(document), ElementsAre(HasSubstr("inf is not finite")));
  document.Set("seed", std::numeric_limits<double>::quiet_NaN());
  EXPECT_EQ(FaultsOf(document).size(), 2U);
}

TEST(SpecTest, TheGridKeepsToItsLimit) {
  EXPECT_THAT(FaultsOf(With(kExample, "limits", R"({"max_trials": 48})")), IsEmpty());
  EXPECT_THAT(FaultsOf(With(kExample, "limits", R"({"max_trials": 47})")),
              ElementsAre(HasSubstr("parameters: the grid has 48 points; limits.max_trials permits 47")));
}

TEST(SpecTest, TheRoundsCanBeCounted) {
  const std::string axes = R"({
    "learning_rate": {"logspace": {"start": -3, "stop": 0, "num": 4}},
    "dropout": {"linspace": {"start": 0, "stop": 0.5, "num": 4}},
    "max_norm": {"logspace": {"start": 0, "stop": 1, "num": 3}},
    "momentum": {"linspace": {"start": 0, "stop": 0.9, "num": 4}},
    "decay": {"logspace": {"start": -6, "stop": -2, "num": 4}},
    "rate": {"linspace": {"start": 0, "stop": 0.5, "num": 4}}})";
  Node document = With(kExample, "parameters", axes);
  *document.Find("model")->sequence()[0].Find("dropout") = Document(R"({"rate": "$rate"})");
  Node& training = *document.Find("training");
  training.Set("optimizer", Document(R"({"sgd": {"learning_rate": "$learning_rate", "momentum": "$momentum"}})"));
  training.Set("schedule", Document(R"({"time_decay": {"rate": "$decay"}})"));
  document.Set("search", Document(R"({"refine": {"rounds": 2, "num": 901, "around": 16}})"));
  EXPECT_THAT(study::FaultsOf(document, nullptr), IsEmpty());  // 16 * 901^6 is within 63 bits
  document.Set("search", Document(R"({"refine": {"rounds": 2, "num": 1001, "around": 16}})"));
  EXPECT_THAT(
      study::FaultsOf(document, nullptr),
      ElementsAre("search.refine: all rounds together have more trials than fit 63 bits; fewer rounds, points "
                  "an axis (num) or centres (around) are wanted"));
}

TEST(SpecTest, EpochsMayDependOnTheTrial) {
  Node document = With(kLeast, "training", R"({"epochs": "$epochs", "optimizer": "sgd"})");
  document.Set("parameters", Document(R"({"epochs": {"values": [1, 3.0]}})"));
  const auto spec = Read(document);
  const auto rounds = search::Rounds::Open(spec->space, spec->search, 0);
  EXPECT_EQ(EpochsOf(*spec, rounds->PointOf(1)), 1);
  EXPECT_EQ(EpochsOf(*spec, rounds->PointOf(2)), 3);
}

TEST(SpecTest, TheDataSetIsCheckedAgainstWhenItTurnsUp) {
  const auto spec = Read(Document(kExample));
  EXPECT_THAT(CheckAgainst(*spec, "fashion-mnist", kFashion), IsEmpty());
  DatasetShape letters = kFashion;
  letters.classes = 26;
  const Faults faults = CheckAgainst(*spec, "fashion-mnist", letters);
  ASSERT_EQ(faults.size(), 1U);
  EXPECT_EQ(faults[0].path, "model[5].dense.units");
}

TEST(SpecTest, OfATableTheMappingsIndicesAreCheckedAndNoShape) {
  const auto spec = Read(With(kLeast, "dataset", R"({"name": "letters", "target": 0, "drop": [17]})"));
  EXPECT_THAT(CheckAgainst(*spec, "letters", {.sample = {18}, .train_rows = 100, .table = true}), IsEmpty());
  const Faults faults = CheckAgainst(*spec, "letters", {.sample = {17}, .train_rows = 100, .table = true});
  ASSERT_EQ(faults.size(), 1U);
  EXPECT_EQ(faults[0].path, "dataset.drop[0]");
}

TEST(SpecTest, StoredTextWithFaultsNamesThemALine) {
  EXPECT_EQ(ReadSpec(std::string("{")).status().code(), absl::StatusCode::kInvalidArgument);
  const auto spec = ReadSpec(model::ToJson(With(kLeast, "seed", "-1")));
  EXPECT_EQ(spec.status(), absl::InvalidArgumentError("seed: -1 is out of range; an integer from 0 is wanted"));
}

}  // namespace
}  // namespace hpsearch::study
