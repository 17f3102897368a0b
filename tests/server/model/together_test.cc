#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "server/model/json.h"
#include "server/model/sections.h"

namespace hpsearch::model {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

const DatasetShape kDigits = {.sample = {28, 28}, .classes = 10, .train_rows = 60000, .test_rows = 10000};

std::vector<std::string> Together(const std::string& model, const std::string& training = "",
                                  const std::string& dataset = R"("digits")",
                                  const DatasetShape* shape = &kDigits) {
  Node document = FromJson(R"({"dataset":)" + dataset + R"(,"model":)" + model +
                           R"(,"training":{"epochs":1,"optimizer":"sgd")" + training + "}}")
                      .value();
  Faults faults;
  CheckSections(document, faults);
  EXPECT_THAT(faults, IsEmpty());
  CheckTogether(*document.Find("model"), *document.Find("training"), *document.Find("dataset"), shape, faults);
  std::vector<std::string> lines;
  for (const Fault& fault : faults) lines.push_back(fault.path + ": " + fault.message);
  return lines;
}

std::string Dense(int units, const char* activation) {
  return R"({"dense":{"units":)" + std::to_string(units) + R"(,"activation":")" + activation + R"("}})";
}

TEST(TogetherTest, AWarmupEndsBeforeItsSchedule) {
  const auto faults = [](const std::string& cosine) {
    return Together("[" + Dense(10, "softmax") + "]", R"(,"schedule":{"cosine":)" + cosine + "}");
  };
  EXPECT_THAT(faults(R"({"epochs":5,"warmup_epochs":4})"), IsEmpty());
  EXPECT_THAT(faults("{}"), IsEmpty());
  EXPECT_THAT(
      faults(R"({"epochs":5,"warmup_epochs":5})"),
      ElementsAre("training.schedule.cosine.warmup_epochs: a warm-up of 5 epochs in a schedule of 5; fewer "
                  "than these are wanted"));
  EXPECT_THAT(faults(R"({"warmup_epochs":1})"), ElementsAre(HasSubstr("in a schedule of 1;")));
}

TEST(TogetherTest, ASoftmaxMayHaveMoreUnitsThanClassesButNotFewer) {
  EXPECT_THAT(Together("[" + Dense(10, "softmax") + "]"), IsEmpty());
  EXPECT_THAT(Together("[" + Dense(14, "softmax") + "]"), IsEmpty());
  EXPECT_THAT(
      Together("[" + Dense(9, "softmax") + "]"),
      ElementsAre("model[0].dense.units: a softmax of 9 units for 10 classes; at least 10 units are wanted"));
  EXPECT_THAT(Together("[" + Dense(9, "linear") + R"(,{"activation":"softmax"}])"),
              ElementsAre(HasSubstr("model[0].dense.units: a softmax of 9 units")));
}

TEST(TogetherTest, SelectedClassesCount) {
  constexpr const char* kTwo = R"({"name":"digits","classes":[3,8]})";
  EXPECT_THAT(Together("[" + Dense(2, "softmax") + "]", "", kTwo), IsEmpty());
  EXPECT_THAT(Together("[" + Dense(1, "softmax") + "]", "", kTwo, nullptr),
              ElementsAre(HasSubstr("for 2 classes")));
  EXPECT_THAT(Together("[" + Dense(2, "softmax") + "]", "", R"({"name":"digits","classes":[3,10]})"),
              ElementsAre("dataset.classes[1]: there is no class 10; the data set has 0 to 9"));
  // The shape may be that of the selection already.
  const DatasetShape selected = {
      .sample = {28, 28}, .classes = 2, .train_rows = 12000, .test_rows = 2000, .selected = true};
  EXPECT_THAT(Together("[" + Dense(2, "softmax") + "]", "", kTwo, &selected), IsEmpty());
  // A whole set may have as many classes as are selected, and yet not these.
  const DatasetShape two = {.sample = {28, 28}, .classes = 2, .train_rows = 12000, .test_rows = 2000};
  EXPECT_THAT(Together("[" + Dense(2, "softmax") + "]", "", kTwo, &two),
              ElementsAre(HasSubstr("dataset.classes[0]: there is no class 3"),
                          HasSubstr("dataset.classes[1]: there is no class 8")));
}

TEST(TogetherTest, OneSigmoidUnitWantsTwoClasses) {
  constexpr const char* kTwo = R"({"name":"digits","classes":[3,8]})";
  EXPECT_THAT(Together("[" + Dense(1, "sigmoid") + "]", "", kTwo), IsEmpty());
  EXPECT_THAT(
      Together("[" + Dense(1, "sigmoid") + "]"),
      ElementsAre(HasSubstr("model[0].dense.units: one sigmoid unit tells two classes apart, and there are 10")));
  EXPECT_THAT(Together("[" + Dense(2, "sigmoid") + "]", "", kTwo),
              ElementsAre(HasSubstr("model[0].dense.units: a sigmoid of 2 units at the end")));
}

TEST(TogetherTest, TheLossGoesWithTheOutput) {
  EXPECT_THAT(
      Together("[" + Dense(10, "softmax") + "]", R"(,"loss":"binary_cross_entropy")"),
      ElementsAre(HasSubstr("training.loss: binary_cross_entropy does not go with a network that ends with a "
                            "softmax; cross_entropy is wanted")));
  EXPECT_THAT(Together("[" + Dense(10, "relu") + "]", R"(,"loss":"cross_entropy")"),
              ElementsAre(HasSubstr("training.loss: cross_entropy takes a network that ends with a softmax")));
}

const DatasetShape kHouses = {.sample = {8}, .train_rows = 600, .numbers = true};
// Integers: classes, or numbers.
const DatasetShape kGrades = {.sample = {8}, .classes = 6, .train_rows = 600, .numbers = true};

std::vector<std::string> Houses(const std::string& model, const std::string& training = "",
                                const std::string& dataset = R"("houses")") {
  return Together(model, training, dataset, &kHouses);
}

TEST(TogetherTest, ARegressionEndsWithOneNumber) {
  for (const char* activation : {"linear", "relu", "tanh", "gelu"}) {
    EXPECT_THAT(Houses("[" + Dense(1, activation) + "]"), IsEmpty()) << activation;
  }
  EXPECT_THAT(Houses("[" + Dense(1, "linear") + R"(,"flatten"])", R"(,"loss":"mean_absolute_error")"), IsEmpty());
  EXPECT_THAT(Together("[" + Dense(1, "linear") + "]", "", R"("grades")", &kGrades), IsEmpty());
  EXPECT_THAT(Together("[" + Dense(6, "softmax") + "]", "", R"("grades")", &kGrades), IsEmpty());
  EXPECT_THAT(Houses("[" + Dense(2, "linear") + "]"),
              ElementsAre("model[0].dense.units: a network that ends without softmax or sigmoid is a regression, "
                          "which learns one number, and this one ends with 2 units; one unit is wanted, or "
                          "activation: softmax for classes"));
  EXPECT_THAT(
      Houses("[" + Dense(2, "softmax") + "]", R"(,"loss":"mean_squared_error")"),
      ElementsAre(HasSubstr("training.loss: mean_squared_error does not go with a network that ends with a "
                            "softmax; cross_entropy is wanted")));
}

TEST(TogetherTest, WhatIsLearntIsWhatTheDataSetHas) {
  EXPECT_THAT(Together("[" + Dense(10, "relu") + "]"),
              ElementsAre("model[0].dense: the network ends as a regression, and the data set's targets are 10 "
                          "classes; a softmax of 10 units is wanted at the end"));
  EXPECT_THAT(Together("[" + Dense(1, "relu") + "]"), ElementsAre(HasSubstr("targets are 10 classes")));
  EXPECT_THAT(Houses("[" + Dense(2, "softmax") + "]"),
              ElementsAre(HasSubstr("model[0].dense: the network ends as a classification, and the data set's "
                                    "targets are numbers")));
  EXPECT_THAT(Houses("[" + Dense(1, "sigmoid") + "]"), ElementsAre(HasSubstr("targets are numbers")));
}

TEST(TogetherTest, ARegressionHasNoClassesAndNoError) {
  const std::string model = "[" + Dense(1, "linear") + "]";
  EXPECT_THAT(Houses(model, R"(,"label_smoothing":0.1)"), ElementsAre(HasSubstr("training.label_smoothing: ")));
  EXPECT_THAT(Houses(model, R"(,"validation_from":"stratified")"),
              ElementsAre(HasSubstr("training.validation_from: rows are drawn class by class")));
  EXPECT_THAT(Houses(model, R"(,"schedule":{"reduce_on_plateau":{"monitor":"validation_error"}})"),
              ElementsAre(HasSubstr("training.schedule.reduce_on_plateau.monitor: validation_error is of a")));
  EXPECT_THAT(Houses(model, R"(,"schedule":{"reduce_on_plateau":{"monitor":"train_loss"}})"), IsEmpty());
  EXPECT_THAT(Houses(model, "", R"({"name":"houses","classes":[1,2]})"),
              ElementsAre(HasSubstr("dataset.classes: classes are selected, and a regression learns numbers")));
}

TEST(TogetherTest, MetricsAreOfWhatIsLearnt) {
  EXPECT_THAT(Houses("[" + Dense(1, "linear") + "]", R"(,"metrics":["mae","r2","rmse"])"), IsEmpty());
  EXPECT_THAT(Together("[" + Dense(10, "softmax") + "]", R"(,"metrics":["accuracy","top5_error"])"), IsEmpty());
  EXPECT_THAT(Houses("[" + Dense(1, "linear") + "]", R"(,"metrics":["mae","accuracy"])"),
              ElementsAre("training.metrics: 'accuracy' is of a classification, and this is a regression; there "
                          "are: mae, r2, rmse"));
  EXPECT_THAT(Together("[" + Dense(10, "softmax") + "]", R"(,"metrics":["mae"])"),
              ElementsAre("training.metrics: 'mae' is of a regression, and this is a classification; there are: "
                          "accuracy, top5_error"));
  constexpr const char* kTwo = R"({"name":"digits","classes":[3,8]})";
  EXPECT_THAT(Together("[" + Dense(4, "softmax") + "]", R"(,"metrics":["top5_error"])", kTwo),
              ElementsAre(HasSubstr("training.metrics: top5_error of an output of 4 units")));
  EXPECT_THAT(Together("[" + Dense(1, "sigmoid") + "]", R"(,"metrics":["accuracy","top5_error"])", kTwo),
              ElementsAre(HasSubstr("top5_error of an output of 1 units")));
}

TEST(TogetherTest, ASoftmaxThatIsNotLastIsOneFault) {
  EXPECT_THAT(Together("[" + Dense(10, "softmax") + R"(,{"dropout":0.5}])"),
              ElementsAre(HasSubstr("model[0].dense.activation: a softmax stands last")));
}

TEST(TogetherTest, BothPartsHaveRows) {
  const DatasetShape few = {.sample = {4}, .classes = 2, .train_rows = 3, .test_rows = 1};
  EXPECT_THAT(
      Together("[" + Dense(2, "softmax") + "]", R"(,"validation_fraction":0.9)", R"("digits")", &few),
      ElementsAre(HasSubstr("training.validation_fraction: of 3 rows, 0 would be trained on and 3 validate")));
  EXPECT_THAT(Together("[" + Dense(2, "softmax") + "]", R"(,"validation_fraction":0.5)", R"("digits")", &few),
              IsEmpty());
}

TEST(TogetherTest, ABatchFitsInMemory) {
  const std::string wide = "[" + Dense(1 << 20, "relu") + R"(,{"dropout":0.5},)" + Dense(10, "softmax") + "]";
  EXPECT_THAT(
      Together(wide, R"(,"batch_size":128)"),
      ElementsAre("training.batch_size: a batch of 128 rows of 2097946 values, sample and layers together, "
                  "makes 268537088; at most 268435456 are held in memory: a batch of up to 127 is wanted"));
  EXPECT_THAT(Together(wide, R"(,"batch_size":127)"), IsEmpty());
  // A batch is never more than there is.
  EXPECT_THAT(Together("[" + Dense(10, "softmax") + "]", R"(,"batch_size":1048576)"), IsEmpty());
}

TEST(TogetherTest, ImagesAreLayersToo) {
  const std::string cnn = R"([{"conv2d":{"filters":64,"kernel_size":3,"activation":"relu"}},"max_pooling2d",)";
  EXPECT_THAT(Together(cnn + "\"flatten\"," + Dense(10, "softmax") + "]"), IsEmpty());
  EXPECT_THAT(Together(cnn + "\"global_average_pooling2d\"," + R"({"activation":"softmax"}])"), IsEmpty());
  EXPECT_THAT(Together(R"([{"conv2d":{"filters":9,"kernel_size":3}},"global_average_pooling2d",)"
                       R"({"activation":"softmax"}])"),
              ElementsAre("model[0].conv2d.filters: a softmax of 9 units for 10 classes; at least 10 units are "
                          "wanted"));
  // 784 + 64 * 26 * 26 + 64 * 13 * 13 + 10 values a row.
  EXPECT_THAT(Together(cnn + Dense(10, "softmax") + "]", R"(,"batch_size":5000)"),
              ElementsAre(HasSubstr("training.batch_size: a batch of 5000 rows of 54874 values")));
  EXPECT_THAT(Together("[" + Dense(4, "relu") + R"(,{"conv2d":{"filters":2,"kernel_size":3}},)" +
                       Dense(10, "softmax") + "]"),
              ElementsAre(HasSubstr("model[1].conv2d: conv2d takes an image, and a sample is 4 here")));
}

TEST(TogetherTest, WithoutADataSetOnlyItsPartIsUnchecked) {
  EXPECT_THAT(Together("[" + Dense(2, "softmax") + "]", "", R"("digits")", nullptr), IsEmpty());
  EXPECT_THAT(Together("[" + Dense(2, "relu") + "]", "", R"("digits")", nullptr),
              ElementsAre(HasSubstr("is a regression")));
  // What samples are like is not known.
  EXPECT_THAT(Together(R"([{"conv2d":{"filters":2,"kernel_size":3}},)" + Dense(2, "softmax") + "]", "",
                       R"("digits")", nullptr),
              IsEmpty());
}

}  // namespace
}  // namespace hpsearch::model
