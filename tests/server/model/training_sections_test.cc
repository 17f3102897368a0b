// What a study says of its training: optimizers, schedules, losses, penalties.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "tests/server/model/checked_sections.h"

namespace hpsearch::model {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

TEST(TrainingSectionsTest, ALossMayStandWithItsArguments) {
  const auto with = [](const std::string& keys) {
    return Check(kModel, R"({"epochs":1,"optimizer":"sgd",)" + keys + "}");
  };
  const Checked flat = with(R"("loss":"cross_entropy","label_smoothing":0.1)");
  EXPECT_THAT(flat.Canonical("training"),
              HasSubstr(R"("loss":"cross_entropy","label_smoothing":0.1,"optimizer")"));
  const Checked nested = with(R"("loss":{"cross_entropy":{"label_smoothing":0.1}})");
  EXPECT_THAT(nested.faults, IsEmpty());
  EXPECT_EQ(nested.Canonical("training"), flat.Canonical("training"));
  EXPECT_EQ(with(R"("loss":{"cross_entropy":null})").Canonical("training"), Check(kModel).Canonical("training"));
  EXPECT_THAT(with(R"("loss":{"cross_entropy":{"label_smoothing":2}})").faults,
              ElementsAre("training.loss.cross_entropy.label_smoothing: 2 is out of range; a number in [0, 1) is "
                          "wanted"));
  EXPECT_THAT(with(R"("loss":{"mean_absolute_error":{}})").Canonical("training"),
              HasSubstr(R"("loss":"mean_absolute_error","optimizer")"));
  EXPECT_THAT(with(R"("loss":{"mean_absolute_error":{"label_smoothing":0.1}})").faults,
              ElementsAre(HasSubstr("label_smoothing: unknown key of mean_absolute_error")));
  EXPECT_THAT(with(R"("loss":{"cross_entropy":{"label_smoothing":0.1}},"label_smoothing":0.2)").faults,
              ElementsAre(HasSubstr("it stands at the loss already")));
  const Checked reference = with(R"("loss":{"cross_entropy":{"label_smoothing":"$s"}})");
  EXPECT_THAT(reference.faults, IsEmpty());
  EXPECT_EQ(reference.usages.front().path, "training.loss.cross_entropy.label_smoothing");
}

TEST(TrainingSectionsTest, WhatItRunsOnIsLeftOutWhereItIsTheDefault) {
  const auto with = [](const std::string& keys) {
    return Check(kModel, R"({"epochs":1,"optimizer":"sgd",)" + keys + "}");
  };
  EXPECT_EQ(with(R"("precision":"f32","threads":1,"instruction_set":"native")").Canonical("training"),
            Check(kModel).Canonical("training"));
  const Checked given = with(R"("threads":2.0,"instruction_set":"avx2")");
  EXPECT_THAT(given.faults, IsEmpty());
  EXPECT_THAT(given.Canonical("training"), HasSubstr(R"("threads":2,"instruction_set":"avx2")"));
  Faults faults;
  const Training training = ReadTraining(*given.document.Find("training"), faults);
  EXPECT_EQ(training.threads, 2);
  EXPECT_EQ(training.instruction_set, InstructionSet::kAvx2);

  EXPECT_THAT(with(R"("threads":0)").faults,
              ElementsAre("training.threads: 0 is out of range; an integer from 1 to 64 is wanted"));
  EXPECT_THAT(with(R"("instruction_set":"avx")").faults,
              ElementsAre(HasSubstr("there are: native, avx2, avx512")));
  EXPECT_THAT(with(R"("precision":"f16")").faults, ElementsAre(HasSubstr("there are: f32, bf16")));
  EXPECT_THAT(with(R"("precision":"bf16")").Canonical("training"), HasSubstr(R"("precision":"bf16")"));
  EXPECT_THAT(with(R"("threads":"$t")").faults, IsEmpty());
  EXPECT_THAT(
      with(R"("instruction_set":"$i")").faults,
      ElementsAre(HasSubstr("training.instruction_set: $i: an instruction set that depends on a parameter")));
}

TEST(TrainingSectionsTest, OptimizersAndSchedulesHaveKerasDefaults) {
  const auto training = [](const std::string& optimizer, const std::string& schedule) {
    const Checked checked =
        Check(kModel, R"({"epochs":3,"optimizer":)" + optimizer + R"(,"schedule":)" + schedule + "}");
    EXPECT_THAT(checked.faults, IsEmpty());
    Node document = checked.document;
    const Node& section = *document.Find("training");
    return ToJson(*section.Find("optimizer")) + ToJson(*section.Find("schedule"));
  };
  EXPECT_EQ(training(R"("adam")", R"({"step":{"epochs":2}})"),
            R"({"adam":{"learning_rate":0.001,"beta_1":0.9,"beta_2":0.999,"epsilon":1e-07}})"
            R"({"step":{"epochs":2,"factor":0.1}})");
  EXPECT_EQ(training(R"({"adamw":{"amsgrad":false}})", R"({"exponential":{"decay_rate":0.9,"decay_steps":100}})"),
            R"({"adamw":{"learning_rate":0.001,"weight_decay":0.004,"beta_1":0.9,"beta_2":0.999,"epsilon":1e-07}})"
            R"({"exponential":{"decay_rate":0.9,"decay_steps":100,"staircase":false}})");
  EXPECT_EQ(training(R"({"adadelta":{"clipvalue":1}})", R"("polynomial")"),
            R"({"adadelta":{"learning_rate":0.001,"rho":0.95,"epsilon":1e-07,"clipvalue":1.0}})"
            R"({"polynomial":{"final_factor":0.0,"power":1.0}})");
  EXPECT_EQ(training(R"("rmsprop")", R"({"cosine":{"epochs":"$e"}})"),
            R"({"rmsprop":{"learning_rate":0.001,"rho":0.9,"momentum":0.0,"epsilon":1e-07,"centered":false}})"
            R"({"cosine":{"epochs":"$e","warmup_epochs":0,"final_factor":0.0}})");
  EXPECT_EQ(training(R"("sgd")", R"("reduce_on_plateau")"),
            R"({"sgd":{"learning_rate":0.01,"momentum":0.0,"nesterov":false}})"
            R"({"reduce_on_plateau":{"monitor":"validation_loss","factor":0.1,"patience":10,"min_delta":0.0001,)"
            R"("cooldown":0,"min_lr":0.0}})");
}

TEST(TrainingSectionsTest, DomainsOfTrainingAreTheContracts) {
  const auto fault = [](const std::string& optimizer, const std::string& more = "") {
    const Checked checked = Check(kModel, R"({"epochs":3,"optimizer":)" + optimizer + more + "}");
    return checked.faults.size() == 1 ? checked.faults[0] : std::to_string(checked.faults.size()) + " faults";
  };
  EXPECT_THAT(fault(R"({"adam":{"learning_rate":0}})"), HasSubstr("adam.learning_rate: 0 is out of range"));
  EXPECT_THAT(fault(R"({"adam":{"beta_2":1}})"), HasSubstr("a number in [0, 1) is wanted"));
  EXPECT_THAT(fault(R"({"adamw":{"weight_decay":-1}})"), HasSubstr("a number from 0 is wanted"));
  EXPECT_THAT(fault(R"({"adam":{"weight_decay":1}})"), HasSubstr("'weight_decay' is not supported yet"));
  EXPECT_THAT(fault(R"({"adam":{"amsgrad":true}})"), HasSubstr("amsgrad: true is not supported yet"));
  EXPECT_THAT(fault(R"({"sgd":{"clipnorm":0}})"), HasSubstr("a number above 0 is wanted"));
  EXPECT_EQ(fault(R"({"sgd":{"global_clipnorm":1,"clipnorm":2}})"),
            "training.optimizer.sgd.global_clipnorm: 'global_clipnorm' stands beside 'clipnorm'; one bound on "
            "gradients is wanted");
  EXPECT_THAT(fault(R"("sgd")", R"(,"label_smoothing":1)"), HasSubstr("a number in [0, 1) is wanted"));
  EXPECT_THAT(fault(R"("sgd")", R"(,"schedule":{"reduce_on_plateau":{"monitor":"val_loss"}})"),
              HasSubstr("unknown monitor 'val_loss'"));
  EXPECT_THAT(fault(R"("sgd")", R"(,"schedule":{"cosine":{"final_factor":2}})"),
              HasSubstr("a number in [0, 1] is wanted"));
  EXPECT_THAT(fault(R"("sgd")", R"(,"loss":"hinge")"), HasSubstr("unknown loss 'hinge'"));
}

TEST(TrainingSectionsTest, MetricsStandOnceAndInAnyOrder) {
  const auto with = [](const std::string& metrics) {
    return Check(kModel, R"({"epochs":1,"optimizer":"sgd","metrics":)" + metrics + "}");
  };
  const Checked both = with(R"(["top5_error","accuracy"])");
  EXPECT_THAT(both.faults, IsEmpty());
  EXPECT_THAT(both.Canonical("training"), HasSubstr(R"("metrics":["accuracy","top5_error"])"));
  EXPECT_EQ(both.Canonical("training"), with(R"(["accuracy","top5_error"])").Canonical("training"));
  for (const char* none : {"[]", "null"}) {
    EXPECT_EQ(with(none).Canonical("training"), Check(kModel).Canonical("training")) << none;
  }
  EXPECT_THAT(with(R"("accuracy")").faults,
              ElementsAre("training.metrics: 'accuracy' is text; a sequence of metrics is wanted, such as "
                          "[accuracy]"));
  EXPECT_THAT(with(R"(["mae","mae"])").faults, ElementsAre("training.metrics[1]: 'mae' stands there twice"));
  EXPECT_THAT(with(R"(["acuracy"])").faults,
              ElementsAre("training.metrics[0]: unknown metric 'acuracy'; there are: accuracy, mae, r2, rmse, "
                          "top5_error; did you mean 'accuracy'?"));
  EXPECT_THAT(
      with(R"(["mae","train_mae"])").faults,
      ElementsAre("training.metrics[1]: 'train_mae' is of one part; 'mae' is wanted, which gives train_mae "
                  "and validation_mae"));
  EXPECT_THAT(with("[5]").faults,
              ElementsAre(HasSubstr("training.metrics[0]: 5; the name of a metric is wanted")));
  const Checked reference = with(R"(["$m"])");
  EXPECT_THAT(reference.faults, ElementsAre(HasSubstr("a metric that depends on a parameter ($m)")));
  EXPECT_EQ(reference.usages.at(0).parameter, "m") << "or it would be a stray, too";

  Faults faults;
  const Training training = ReadTraining(*both.document.Find("training"), faults);
  EXPECT_THAT(training.metrics, ElementsAre(Metric::kAccuracy, Metric::kTop5Error));
}

TEST(TrainingSectionsTest, PenaltiesTakeParameters) {
  const Checked checked =
      Check(R"([{"dense":{"units":10,"activation":"softmax","kernel_regularizer":{"l1":"$a","l2":-1,"l3":1}}}])");
  EXPECT_THAT(
      checked.faults,
      ElementsAre(HasSubstr("model[0].dense.kernel_regularizer.l3: unknown key of kernel_regularizer 'l3'"),
                  "model[0].dense.kernel_regularizer.l2: -1 is out of range; a number from 0 is wanted"));
  ASSERT_EQ(checked.usages.size(), 1U);
  EXPECT_EQ(checked.usages[0].path, "model[0].dense.kernel_regularizer.l1");
  EXPECT_EQ(checked.usages[0].rule.domain.ToString(), "[0, inf)");
}

}  // namespace
}  // namespace hpsearch::model
