// What is asked of a specification that was read: its plans, its settings, and whether another means the same.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>
#include <string>

#include "tests/server/study/coordinator_world.h"
#include "tests/server/study/spec_documents.h"

namespace hpsearch::study {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

TEST(SpecUse, TheSameMeaningIsToldByTheText) {
  const auto spec = SpecOf({});
  EXPECT_TRUE(SameMeaning(spec->canonical, *spec));
  EXPECT_FALSE(SameMeaning(SpecOf({.epochs = 3})->canonical, *spec));
  std::string older = spec->canonical;
  older.erase(older.find(R"("seed":0,)"), 9);
  EXPECT_TRUE(SameMeaning(older, *spec));
  for (const char* unreadable : {"", "{", R"({"study":"s"})", "7"}) {
    EXPECT_FALSE(SameMeaning(unreadable, *spec)) << unreadable;
  }
}

TEST(SpecUse, APlanOfStoredParametersHasThemInTheirPlaces) {
  const auto spec = SpecOf({});
  const auto plan = PlanOf(*spec, R"({"rate":0.25})");
  ASSERT_TRUE(plan.ok()) << plan.status();
  EXPECT_EQ(model::ToJson(*plan->training.Find("optimizer")->Find("sgd")->Find("learning_rate")), "0.25");
  EXPECT_FALSE(PlanOf(*spec, "no JSON").ok());
  // A parameter that is not told, or not as a value, leaves its key open.
  for (const char* none : {"{}", R"({"rate":[1]})"}) {
    const auto open = PlanOf(*spec, none);
    ASSERT_TRUE(open.ok()) << open.status();
    EXPECT_EQ(open->training.Find("optimizer")->Find("sgd")->Find("learning_rate"), nullptr) << none;
  }
}

TEST(SpecUse, ThreadsAndPrecisionAreTheTrainings) {
  EXPECT_EQ(ThreadsOf(*SpecOf({})), 1);
  EXPECT_EQ(ThreadsOf(*SpecOf({.training = R"(,"threads":4)"})), 4);
  EXPECT_FALSE(MayWantBf16(*SpecOf({})));
  EXPECT_TRUE(MayWantBf16(*SpecOf({.training = R"(,"precision":"bf16")"})));
  EXPECT_FALSE(MayWantBf16(*SpecOf({.training = R"(,"precision":"f32")"})));
  // Of a parameter it is not known before the trial.
  const std::string rates = R"({"values":[0.1]},"width":{"values":[1,2]})";
  EXPECT_EQ(ThreadsOf(*SpecOf({.rates = rates, .training = R"(,"threads":"$width")"})), std::nullopt);
}

TEST(SpecUse, SettingsStandWhereTheyAreSaid) {
  EXPECT_EQ(SpecOf({.more = R"(,"checkpoints":{"keep":3})"})->checkpoints.keep, 3);
  const Objective last = SpecOf({.objective = R"({"at":"last","metric":"validation_loss"})"})->objective;
  EXPECT_EQ(last.at, Objective::At::kLast);
  EXPECT_EQ(last.metric, "validation_loss");
}

// A setting that is broken brings its own fault, and no other.
TEST(SpecUse, BrokenSettingsAreToldOnce) {
  const auto faults = [](const std::string& key, const std::string& value) {
    model::Node document = Document(R"({"study":"least","dataset":"digits",
        "model":[{"dense":{"units":10,"activation":"softmax"}}],"training":{"epochs":1,"optimizer":"sgd"}})");
    document.Set(key, Document(value));
    return study::FaultsOf(document, nullptr);
  };
  for (const char* objective : {"[1]", "7", R"({"metric":[1]})", R"({"metric":7})", R"({"metric":"no_such"})",
                                R"({"direction":"up"})", R"({"at":[]})", R"({"metric":null})"}) {
    EXPECT_THAT(faults("objective", objective), ElementsAre(HasSubstr("objective"))) << objective;
  }
  for (const char* objective : {"null", R"("validation_loss")", "{}"}) {
    EXPECT_THAT(faults("objective", objective), ::testing::IsEmpty()) << objective;
  }
  for (const char* checkpoints : {"[1]", R"({"keep":"all"})", R"({"keep":-1})"}) {
    EXPECT_THAT(faults("checkpoints", checkpoints), ElementsAre(HasSubstr("checkpoints"))) << checkpoints;
  }
  EXPECT_THAT(faults("study", "[1]"), ElementsAre(HasSubstr("study")));
  EXPECT_THAT(faults("study", R"("")"), ElementsAre(HasSubstr("study")));
  EXPECT_THAT(faults("study", R"("a{")"), ElementsAre(HasSubstr("study")));
  EXPECT_THAT(faults("seed", "[1]"), ElementsAre(HasSubstr("seed")));
}

// More points than can be counted.
TEST(SpecUse, AGridBeyondAllCountingIsRefused) {
  std::string rates = R"({"values":[0.1]})";
  for (int axis = 0; axis < 8; ++axis) {
    rates += ",\"p" + std::to_string(axis) + R"(":{"linspace":{"start":0,"stop":0.5,"num":1000}})";
  }
  std::string layers = "[";
  for (int axis = 0; axis < 8; ++axis) layers += R"({"dropout":{"rate":"$p)" + std::to_string(axis) + R"("}},)";
  const model::Node document =
      Document(R"({"study":"s","dataset":"digits","model":)" + layers +
               R"({"dense":{"units":2,"activation":"softmax"}}],"training":{"epochs":1,"optimizer":{"sgd":)"
               R"({"learning_rate":"$rate"}}},"parameters":{"rate":)" +
               rates + "}}");
  EXPECT_THAT(study::FaultsOf(document, nullptr), ElementsAre(HasSubstr("more than 2^63 points")));
}

}  // namespace
}  // namespace hpsearch::study
