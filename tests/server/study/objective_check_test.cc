// What a study's objective may be, and what its trials learn.
#include "server/study/objective_check.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/server/study/spec_documents.h"

namespace hpsearch::study {
namespace {

using model::Node;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

std::vector<std::string> FaultsOf(const Node& document) { return study::FaultsOf(document, nullptr); }

Node Classification() {
  return Document(R"({"study": "least", "dataset": "digits",
                      "model": [{"dense": {"units": 10, "activation": "softmax"}}],
                      "training": {"epochs": 1, "optimizer": "sgd"}})");
}

// The least that learns a number; more keys of the training.
Node Regression(const std::string& training = "") {
  return Document(R"({"study": "houses", "dataset": "houses", "model": [{"dense": {"units": 1}}],
                      "training": {"epochs": 1, "optimizer": "sgd")" +
                  training + "}}");
}

TEST(ObjectiveCheckTest, TheDefaultObjectiveOfARegressionIsItsLoss) {
  const auto spec = Read(Regression());
  EXPECT_EQ(spec->objective.metric, "validation_loss");
  EXPECT_THAT(spec->canonical, HasSubstr(R"("objective":{"metric":"validation_loss","direction":"minimize")"));
  EXPECT_THAT(spec->canonical, HasSubstr(R"("loss":"mean_squared_error")"));
  Node last = Regression();
  last.Set("objective", Document(R"({"at": "last"})"));
  EXPECT_EQ(Read(last)->objective.metric, "validation_loss");
  EXPECT_EQ(Read(*model::FromJson(spec->canonical))->canonical, spec->canonical) << "as a stored one is read";
  last.Set("objective", "train_error");
  EXPECT_THAT(
      FaultsOf(last),
      ElementsAre("objective.metric: the training yields no train_error (it is not of a regression); one of "
                  "validation_loss, train_loss is wanted"));
}

TEST(ObjectiveCheckTest, TheObjectiveIsAMetricThatTheTrainingYields) {
  Node houses = Regression(R"(, "metrics": ["rmse", "mae"])");
  houses.Set("objective", "validation_mae");
  EXPECT_EQ(Read(houses)->objective.metric, "validation_mae");
  EXPECT_THAT(Read(houses)->metrics, ElementsAre(model::Metric::kMae, model::Metric::kRmse));
  houses.Set("objective", "train_r2");
  EXPECT_THAT(
      FaultsOf(houses),
      ElementsAre("objective.metric: the training yields no train_r2 (training.metrics: [r2] adds it); one "
                  "of validation_loss, validation_mae, validation_rmse, train_loss, train_mae, train_rmse is "
                  "wanted"));
  Node mismatched = Classification();
  mismatched.Set("objective", "validation_mae");
  EXPECT_THAT(FaultsOf(mismatched),
              ElementsAre(HasSubstr("yields no validation_mae (it is not of a classification)")));
  // A metric that is broken is one fault.
  houses.Set("objective", "validation_mae");
  houses.Find("training")->Set("metrics", Document(R"(["meh"])"));
  EXPECT_THAT(FaultsOf(houses), ElementsAre(HasSubstr("training.metrics[0]: unknown metric 'meh'")));
}

TEST(ObjectiveCheckTest, WhatIsBetterTheLargerWantsADirection) {
  Node accurate = Classification();
  accurate.Find("training")->Set("metrics", Document(R"(["accuracy"])"));
  for (const char* objective :
       {R"("validation_accuracy")", R"({"metric": "validation_accuracy", "at": "last"})"}) {
    accurate.Set("objective", Document(objective));
    EXPECT_THAT(
        FaultsOf(accurate),
        ElementsAre("objective.metric: validation_accuracy is better the larger, and without a direction the "
                    "least is looked for; {metric: validation_accuracy, direction: maximize} is wanted"));
  }
  for (const char* direction : {"maximize", "minimize"}) {
    accurate.Set("objective", Node::Mapping{{"metric", "validation_accuracy"}, {"direction", direction}});
    EXPECT_THAT(FaultsOf(accurate), IsEmpty()) << direction;
  }
}

TEST(ObjectiveCheckTest, AllTrialsLearnTheSame) {
  Node mixed = Regression();
  mixed.Set("model", Document(R"([{"dense": {"units": 1, "activation": "$a"}}])"));
  mixed.Set("parameters", Document(R"({"a": {"values": ["linear", "sigmoid"]}})"));
  EXPECT_THAT(
      FaultsOf(mixed),
      ElementsAre("training.loss: this makes a classification of what is a regression elsewhere in the study; "
                  "one of them is wanted ($a is \"sigmoid\")"));
  mixed.Set("parameters", Document(R"({"a": {"values": ["linear", "relu"]}})"));
  EXPECT_EQ(Read(mixed)->objective.metric, "validation_loss");
}

}  // namespace
}  // namespace hpsearch::study
