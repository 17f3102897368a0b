// Points that are trained several times, as the coordinator has them: trials of their own, one result.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>

#include "tests/server/study/lucky_replicates.h"

namespace hpsearch::study {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::SizeIs;

// Whatever is the same for any number of workers.
std::map<std::int64_t, std::string> Results(World& world, std::int64_t trials) {
  std::map<std::int64_t, std::string> results;
  for (std::int64_t number = 1; number <= trials; ++number) {
    const TrialRecord trial = world.Trial(number);
    results[number] = fmt::format("{} {} {} {} {} {}", ToString(trial.state), trial.parameters, trial.replicate,
                                  trial.objective.value_or(-1), trial.reused_from.value_or(0), trial.point);
  }
  return results;
}

TEST(CoordinatorReplicates, EachIsATrialOfItsOwn) {
  World world;
  ASSERT_TRUE(world.Create({.training = kThree}).ok());
  EXPECT_EQ(world.Study().planned_trials, 12);
  EXPECT_EQ(world.Study().max_trials, 12);
  const auto worker = world.Start(World::Hello("w", 6));
  ASSERT_THAT(worker->leases, SizeIs(6));
  for (std::int64_t i = 0; i < 6; ++i) {
    const Lease& lease = worker->leases[static_cast<std::size_t>(i)];
    EXPECT_EQ(lease.trial, i + 1);
    EXPECT_EQ(lease.plan.replicate, i % 3);
    EXPECT_EQ(lease.plan.training.Find("replicates"), nullptr) << "a trial is one of them";
    EXPECT_EQ(RateOf(lease), RateOf(worker->leases[static_cast<std::size_t>(i / 3 * 3)]));
    EXPECT_EQ(world.Trial(i + 1).replicate, i % 3);
  }
  EXPECT_NE(world.Trial(1).key, world.Trial(2).key);
  EXPECT_THAT(EndAll(world, *worker), SizeIs(12));
  EXPECT_EQ(world.Study().state, StudyState::kCompleted);
}

TEST(CoordinatorReplicates, TheBestIsTheBestByMean) {
  World world;
  ASSERT_TRUE(world.Create({.training = kThree}).ok());
  const auto worker = world.Start();
  for (int i = 0; i < 2; ++i) End(world, *worker, TakeLease(*worker));
  EXPECT_EQ(world.Study().best_trial, std::nullopt) << "no point has all of its replicates";
  End(world, *worker, TakeLease(*worker));
  EXPECT_EQ(world.Study().best_trial, 1);
  EndAll(world, *worker);
  EXPECT_LT(*world.Trial(5).objective, *world.Trial(7).objective) << "the best trial is another point's";
  EXPECT_EQ(world.Study().best_trial, 7);
}

TEST(CoordinatorReplicates, FailedOnesAreLeftOutAndDivergedOnesLeaveNoMean) {
  World world;
  ASSERT_TRUE(world
                  .Create({.rates = R"({"values":[0.05,0.1,1]})",
                           .limits = R"({"max_attempts":1,"max_failed_trials":9})",
                           .training = kThree})
                  .ok());
  const auto worker = world.Start();
  using Kind = TrialOutcome::Kind;
  // 0.05, the best rate, diverges once; of 0.1 one fails, of 1 all do.
  for (const Kind kind : {Kind::kCompleted, Kind::kDiverged, Kind::kCompleted, Kind::kFailed, Kind::kCompleted,
                          Kind::kCompleted, Kind::kFailed, Kind::kFailed, Kind::kFailed}) {
    End(world, *worker, TakeLease(*worker), kind);
  }
  EXPECT_EQ(world.Study().state, StudyState::kCompleted);
  EXPECT_EQ(world.Study().best_trial, 5) << "the lowest that has a result";
}

TEST(CoordinatorReplicates, WithoutAPointThereIsNothingToRefineAround) {
  World world;
  ASSERT_TRUE(world.Create({.rates = "0.1", .search = R"({"refine":{"rounds":2}})", .training = kThree}).ok());
  const auto worker = world.Start();
  End(world, *worker, TakeLease(*worker));
  End(world, *worker, TakeLease(*worker), TrialOutcome::Kind::kDiverged);
  End(world, *worker, TakeLease(*worker));
  EXPECT_EQ(world.Study().state, StudyState::kFailed);
  EXPECT_THAT(world.Study().reason, HasSubstr("no point of round 1 was completed"));
}

TEST(CoordinatorReplicates, AreTheSameForAnyNumberOfWorkersAndOrder) {
  std::map<std::int64_t, std::string> first;
  for (const std::int64_t slots : {1, 2, 5}) {
    World world;
    ASSERT_TRUE(world.Create({.search = R"({"refine":{"rounds":3,"around":2}})", .training = kThree}).ok());
    const auto worker = world.Start(World::Hello("w", slots));
    EndAll(world, *worker, /*backwards=*/slots > 1);
    ASSERT_EQ(world.Study().state, StudyState::kCompleted);
    const auto results = Results(world, world.Study().planned_trials);
    if (first.empty()) first = results;
    EXPECT_EQ(results, first) << slots;
  }
}

// Killed behind each trial, with some leased: what is stored says how far each point is.
TEST(CoordinatorReplicates, GoOnAfterACrash) {
  const StudyText text = {
      .search = R"({"refine":{"rounds":3}})", .limits = R"({"max_attempts":1000})", .training = kThree};
  World calm;
  ASSERT_TRUE(calm.Create(text).ok());
  EndAll(calm, *calm.Start());
  const std::int64_t trials = calm.Study().planned_trials;

  World world;
  ASSERT_TRUE(world.Create(text).ok());
  KillBehindEachTrial(world, 4);
  EXPECT_EQ(world.Study().planned_trials, trials);
  EXPECT_EQ(Results(world, trials), Results(calm, trials));
  EXPECT_EQ(world.Study().best_trial, calm.Study().best_trial);
}

// What a strategy learns of is points, by their means; killed or not, whatever the number of workers.
TEST(CoordinatorReplicates, AStrategyLearnsOfMeans) {
  const StudyText text = {.rates = R"({"range":{"low":0.001,"high":1,"scale":"log"}})",
                          .search = R"({"tpe":{"trials":10,"startup":4,"batch":2},
                                        "enqueue":[{"rate":0.03},{"rate":0.2}]})",
                          .limits = R"({"max_attempts":1000})",
                          .training = kThree};
  std::map<std::int64_t, std::string> first;
  for (const std::int64_t slots : {1, 4}) {
    World world;
    ASSERT_TRUE(world.Create(text).ok());
    EXPECT_EQ(world.Study().planned_trials, 30) << "`trials` of a strategy are points";
    EndAll(world, *world.Start(World::Hello("w", slots)), /*backwards=*/slots > 1);
    ASSERT_EQ(world.Study().state, StudyState::kCompleted);
    const auto results = Results(world, 30);
    if (first.empty()) first = results;
    EXPECT_EQ(results, first) << slots;
  }
  std::set<std::string> points;
  World world;
  ASSERT_TRUE(world.Create(text).ok());
  KillBehindEachTrial(world, 2);
  EXPECT_EQ(Results(world, 30), first);
  for (std::int64_t number = 1; number <= 30; ++number) points.insert(world.Trial(number).parameters);
  EXPECT_THAT(points, SizeIs(10));
}

// The mean is over trainings of one length.
TEST(CoordinatorReplicates, AreExtendedTogether) {
  World world;
  ASSERT_TRUE(world.Create({.training = kThree}).ok());
  const auto worker = world.Start();
  EndAll(world, *worker);
  ASSERT_EQ(world.Study().best_trial, 7);
  ASSERT_TRUE(world.Extend("s", {.best = 2, .epochs = 4}).ok());
  world.Crash();
  world.Pass(12);
  EXPECT_EQ(world.Study().best_trial, 7);
  const auto again = world.Start();
  EXPECT_THAT(EndAll(world, *again), ElementsAre(7, 8, 9, 10, 11, 12));
  EXPECT_EQ(world.Study().state, StudyState::kCompleted);
  EXPECT_EQ(world.Study().best_trial, 7);
  ASSERT_TRUE(world.Extend("s", {.trial = 11, .epochs = 5}).ok());
  EXPECT_THAT(EndAll(world, *again), ElementsAre(10, 11, 12));
}

// A study of fewer replicates, or of none, has trained some of them.
TEST(CoordinatorReplicates, TakeOverWhatAnotherStudyHasTrained) {
  World world;
  const auto worker = world.Start();
  ASSERT_TRUE(world.Create({.name = "one"}).ok());
  EXPECT_THAT(EndAll(world, *worker), SizeIs(4));
  ASSERT_TRUE(world.Create({.name = "three", .training = kThree}).ok());
  EXPECT_THAT(EndAll(world, *worker), ElementsAre(2, 3, 5, 6, 8, 9, 11, 12));
  EXPECT_EQ(world.Trial(4, 2).reused_elsewhere, (TrialRecord::Elsewhere{"one", 2}));
  EXPECT_EQ(world.Study("three").best_trial, 7);
}

TEST(CoordinatorReplicates, OneMeansWhatLeavingItOutMeans) {
  EXPECT_EQ(SpecOf({.training = R"(,"replicates":1)"})->canonical, SpecOf({})->canonical);
  EXPECT_EQ(SpecOf({.training = kThree})->replicates(), 3);
  EXPECT_THAT(SpecOf({.training = kThree})->canonical, HasSubstr(R"("replicates":3)"));
}

absl::Status Refused(const std::string& training, const std::string& more) {
  return ReadSpec(fmt::format(
                      R"({{"study":"s","dataset":"d","model":[{{"dense":{{"units":2,"activation":"softmax"}}}}],)"
                      R"("training":{{"epochs":9,"optimizer":{{"sgd":{{"learning_rate":"$r"}}}}{}}},)"
                      R"("parameters":{{"r":{{"values":[1,2]}}}}{}}})",
                      training, more))
      .status();
}

TEST(CoordinatorReplicates, WhatTheyDoNotGoWithIsAFault) {
  EXPECT_TRUE(Refused(kThree, R"(,"stopping":[{"patience":{"epochs":2}}])").ok());
  EXPECT_THAT(std::string(Refused(kThree, R"(,"stopping":[{"asha":{}}])").message()),
              HasSubstr("stopping: 'asha' compares single trials, and each point is 3 of them"));
  EXPECT_THAT(std::string(Refused(R"(,"replicates":1001)", "").message()),
              HasSubstr("training.replicates: 1001 is out of range; an integer from 1 to 1,000 is wanted"));
  EXPECT_THAT(std::string(Refused(R"(,"replicates":"$r")", "").message()),
              HasSubstr("training.replicates: it depends on a parameter"));
  EXPECT_THAT(std::string(Refused(kThree, R"(,"limits":{"max_trials":5})").message()),
              HasSubstr("training.replicates: 2 points of 3 trials each; limits.max_trials permits 5 trials"));
  constexpr char kUntilNoise[] = R"(,"search":{"refine":{"rounds":3,"until_noise":true}})";
  EXPECT_TRUE(Refused(kThree, kUntilNoise).ok());
  EXPECT_THAT(
      std::string(Refused("", kUntilNoise).message()),
      HasSubstr("search.refine.until_noise: replicates measure the noise, and each point is trained once"));
}

}  // namespace
}  // namespace hpsearch::study
