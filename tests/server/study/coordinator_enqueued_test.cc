// Points by hand: trained first, and what strategies that learn make of them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "tests/server/study/coordinator_world.h"
#include "tests/server/study/spec_documents.h"

namespace hpsearch::study {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::SizeIs;

constexpr char kRange[] = R"({"range":{"low":0.001,"high":1,"scale":"log"}})";
constexpr char kPoints[] = R"(,"enqueue":[{"rate":0.3},{"rate":0.04},{"rate":0.3}])";

StudyText Enqueued(const std::string& strategy) {
  return {.rates = kRange, .search = "{" + strategy + kPoints + "}", .limits = R"({"max_attempts":50})"};
}

std::vector<std::string> Parameters(World& world, std::int64_t first, std::int64_t last) {
  std::vector<std::string> points;
  for (std::int64_t trial = first; trial <= last; ++trial) points.push_back(world.Trial(trial).parameters);
  return points;
}

double RateOf(World& world, std::int64_t trial) {
  return std::stod(world.Trial(trial).parameters.substr(std::string_view(R"({"rate":)").size()));
}

TEST(CoordinatorEnqueued, AreTrainedFirstAndCounted) {
  World plain;
  ASSERT_TRUE(plain.Create({.rates = kRange, .search = R"({"halton":{"trials":5}})"}).ok());
  plain.TrainAll(*plain.Start());
  World world;
  ASSERT_TRUE(world.Create(Enqueued(R"("halton":{"trials":8})")).ok());
  EXPECT_EQ(world.Study().planned_trials, 8);
  // The third is the first again, and taken over.
  EXPECT_THAT(world.TrainAll(*world.Start()), ElementsAre(1, 2, 4, 5, 6, 7, 8));
  EXPECT_NEAR(RateOf(world, 1), 0.3, 1e-9);
  EXPECT_NEAR(RateOf(world, 2), 0.04, 1e-9);
  EXPECT_EQ(world.Trial(3).reused_from, 1);
  EXPECT_EQ(Parameters(world, 4, 8), Parameters(plain, 1, 5));
  EXPECT_EQ(world.Trial(1).point, "") << "its number says it";
}

TEST(CoordinatorEnqueued, AreLeasedWithoutAskingAndLearntFrom) {
  for (const char* strategy : {R"("tpe":{"trials":14,"startup":3})", R"("gp":{"trials":14})"}) {
    World world;
    ASSERT_TRUE(world.Create(Enqueued(strategy)).ok());
    EXPECT_THAT(world.TrainAll(*world.Start()), SizeIs(13));
    EXPECT_EQ(world.Study().state, StudyState::kCompleted);
    World bare;
    StudyText text = Enqueued(strategy);
    text.search = std::string("{") + strategy + "}";
    ASSERT_TRUE(bare.Create(text).ok());
    bare.TrainAll(*bare.Start());
    EXPECT_NE(Parameters(world, 4, 14), Parameters(bare, 4, 14)) << strategy;
  }
}

// With `startup` points by hand tpe learns from the first one of its own on: near the best of them.
TEST(CoordinatorEnqueued, CountAmongTheFirstPoints) {
  World world;
  StudyText text = Enqueued(R"("tpe":{"trials":12,"startup":4})");
  text.search =
      R"({"tpe":{"trials":12,"startup":4},"enqueue":[{"rate":0.9},{"rate":0.05},{"rate":0.8},{"rate":0.06}]})";
  ASSERT_TRUE(world.Create(text).ok());
  world.TrainAll(*world.Start());
  int near = 0;
  for (std::int64_t trial = 5; trial <= 12; ++trial)
    near += std::abs(std::log10(RateOf(world, trial) / 0.05)) < 0.7;
  EXPECT_GE(near, 6);
}

TEST(CoordinatorEnqueued, AreTheSameForAnyNumberOfWorkersInBatches) {
  StudyText text = Enqueued("");
  text.search =
      R"({"tpe":{"trials":16,"startup":2,"batch":4},"enqueue":[{"rate":0.3},{"rate":0.04},{"rate":0.002}]})";
  std::vector<std::string> first;
  for (const std::int64_t slots : {1, 2, 7}) {
    World world;
    ASSERT_TRUE(world.Create(text).ok());
    const auto worker = world.Start(World::Hello("w", slots));
    EXPECT_EQ(std::ssize(worker->leases), std::min<std::int64_t>(slots, 3))
        << "a batch waits for the points by hand";
    world.TrainAll(*worker);
    EXPECT_EQ(world.Study().state, StudyState::kCompleted);
    if (first.empty()) first = Parameters(world, 1, 16);
    EXPECT_EQ(Parameters(world, 1, 16), first) << slots;
  }
}

TEST(CoordinatorEnqueued, StandAfterACrash) {
  for (const char* strategy : {R"("tpe":{"trials":12,"startup":2,"batch":3})", R"("sobol":{"trials":12})"}) {
    World calm;
    ASSERT_TRUE(calm.Create(Enqueued(strategy)).ok());
    calm.TrainAll(*calm.Start());
    World world;
    ASSERT_TRUE(world.Create(Enqueued(strategy)).ok());
    world.TrainThroughCrashes();
    EXPECT_EQ(Parameters(world, 1, 12), Parameters(calm, 1, 12)) << strategy;
  }
}

TEST(CoordinatorEnqueued, AStoredPointThatIsAnotherIsRefused) {
  World world;
  ASSERT_TRUE(world.Create(Enqueued(R"("tpe":{"trials":5})")).ok());
  const auto worker = world.Start();
  TrialRecord odd = world.Trial(1);
  EXPECT_NE(odd.point, "");
  odd.point = "1/2";
  world.store.Commit({PutTrial{odd}}, [](const absl::Status&) {});
  world.Run();
  world.Crash();
  EXPECT_TRUE(absl::IsFailedPrecondition(world.Change("s", Action::kPause).status()));
}

// What is not named decides what there is: both of one space, with names or without.
TEST(CoordinatorEnqueued, NameConditionalParametersOnlyWhereTheyAre) {
  const auto study = [](const std::string& search) {
    return Document(
        R"({"study":"s","dataset":"d","model":[{"dense":{"units":2,"activation":"softmax"}}],"training":{"epochs":1,)"
        R"("optimizer":{"switch":"$optimizer","sgd":{"sgd":{"learning_rate":"$sgd_rate"}},"adam":"adam"}},)"
        R"("parameters":{"optimizer":{"values":["sgd","adam"]},"sgd_rate":{"range":{"low":0.125,"high":1.125}}},"search":)" +
        search + "}");
  };
  const auto spec = Read(study(
      R"({"random":{"trials":4},"enqueue":[{"optimizer":"sgd","sgd_rate":0.625},{"optimizer":"adam"},{"optimizer":"sgd"}]})"));
  ASSERT_NE(spec, nullptr);
  const auto rounds = search::Rounds::Open(spec->space, spec->search, spec->seed);
  EXPECT_EQ(model::ToJson(spec->space.Values(rounds->PointOf(1))), R"({"optimizer":"sgd","sgd_rate":0.625})");
  EXPECT_EQ(model::ToJson(spec->space.Values(rounds->PointOf(2))), R"({"optimizer":"adam"})");
  EXPECT_TRUE(spec->space.Value(rounds->PointOf(3), "sgd_rate").has_value());
  EXPECT_EQ(Read(Document(spec->canonical))->canonical, spec->canonical);
  EXPECT_THAT(
      FaultsOf(study(R"({"random":{"trials":4},"enqueue":[{"optimizer":"adam","sgd_rate":0.625}]})"), nullptr),
      ElementsAre(HasSubstr("search.enqueue[0].sgd_rate: the parameter is not in this point")));
  EXPECT_THAT(FaultsOf(study(R"({"grid":{},"enqueue":[{"optimizer":"adam"}]})"), nullptr),
              ::testing::Contains(HasSubstr("a range has no grid")));
}

}  // namespace
}  // namespace hpsearch::study
