// What is found at points of the grid alone: values that suit one key and not another, points that make no
// network.
#include "server/study/point_check.h"

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

std::vector<std::string> Faults(const std::string& model, const std::string& training,
                                const std::string& parameters, const model::DatasetShape* shape = nullptr) {
  return study::FaultsOf(Document(R"({"study":"s","dataset":"d","model":)" + model +
                                  R"(,"training":{"epochs":1,)"
                                  R"("optimizer":"sgd")" +
                                  training + R"(},"parameters":)" + parameters + "}"),
                         shape);
}

constexpr const char* kOneNumber = R"([{"dense":{"units":1,"activation":"$a"}}])";

TEST(PointCheck, TrialsOfBothKindsHaveNoObjectiveInCommon) {
  EXPECT_THAT(Faults(kOneNumber, "", R"({"a":{"values":["linear","sigmoid"]}})"),
              ElementsAre(HasSubstr("makes a classification of what is a regression elsewhere")));
  EXPECT_THAT(Faults(kOneNumber, "", R"({"a":{"values":["sigmoid","linear"]}})"),
              ElementsAre(HasSubstr("makes a regression of what is a classification elsewhere")));
  EXPECT_THAT(Faults(kOneNumber, "", R"({"a":{"values":["linear","relu"]}})"), IsEmpty());
}

// A parameter that two keys name has to suit both, and keys of one rule are looked at once.
TEST(PointCheck, EachRuleIsHeldAgainstTheValuesOnce) {
  const char* parameters = R"({"x":{"values":[0.5,2]}})";
  EXPECT_THAT(
      Faults(R"([{"dropout":{"rate":"$x"}},{"dropout":{"rate":"$x"}},{"dense":{"units":1}}])", "", parameters),
      ElementsAre(HasSubstr("parameters.x")));
  EXPECT_THAT(Faults(R"([{"dense":{"units":"$x"}},{"dense":{"units":1}}])", "", R"({"x":{"values":[2,0]}})"),
              ElementsAre(HasSubstr("parameters.x")));
}

TEST(PointCheck, AFractionThatLeavesNothingIsNamedWithItsValue) {
  const model::DatasetShape few = {.sample = {4}, .classes = 2, .train_rows = 3, .test_rows = 1};
  EXPECT_THAT(Faults(R"([{"dense":{"units":2,"activation":"softmax"}}])", R"(,"validation_fraction":"$f")",
                     R"({"f":{"values":[0.4,0.9]}})", &few),
              ElementsAre(HasSubstr("($f is 0.9)")));
}

// An integer at the one key is a measure at the other.
TEST(PointCheck, AParameterMayCountAndMeasure) {
  const char* model = R"([{"dense":{"units":"$x"}},{"dense":{"units":1,"max_norm":"$x"}}])";
  EXPECT_THAT(Faults(model, "", R"({"x":{"values":[1,2]}})"), IsEmpty());
  EXPECT_THAT(Faults(model, "", R"({"x":{"values":[2,0]}})"), ::testing::Contains(HasSubstr("parameters.x")));
  const char* pooled = R"([{"max_pooling2d":{"pool_size":"$x"}},"flatten",{"dense":{"units":1,"max_norm":"$x"}}])";
  EXPECT_THAT(Faults(pooled, "", R"({"x":{"values":[1,2]}})"), IsEmpty());
}

// What is broken as a whole is told by what broke it.
TEST(PointCheck, PointsOfABrokenModelAreNotLookedAt) {
  const char* parameters = R"({"units":{"values":[1,2]},"batch":{"values":[1,2]}})";
  for (const char* model : {"7", "[]", R"({"dense":1})", R"("dense")"}) {
    EXPECT_THAT(Faults(model, R"(,"batch_size":"$batch")", parameters), ElementsAre(HasSubstr("model"))) << model;
  }
  Node document = Document(R"({"study":"s","dataset":"d","training":{"epochs":1,"optimizer":"sgd",
      "batch_size":"$batch"},"parameters":{"batch":{"values":[1,2]}}})");
  EXPECT_THAT(study::FaultsOf(document, nullptr), ElementsAre(HasSubstr("'model' is missing")));
  document = Document(R"({"study":"s","dataset":"d","model":[{"dense":{"units":"$units"}}],
      "parameters":{"units":{"values":[1,2]}}})");
  EXPECT_THAT(study::FaultsOf(document, nullptr), ElementsAre(HasSubstr("'training' is missing")));
  EXPECT_THAT(Faults(R"([{"dense":{"units":"$none"}},{"dense":{"units":1}}])", "", "{}"),
              ElementsAre(HasSubstr("none")));
}

}  // namespace
}  // namespace hpsearch::study
