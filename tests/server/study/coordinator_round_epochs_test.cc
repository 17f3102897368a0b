// Rounds with epochs of their own: what an earlier round trained for fewer goes on from there; and rounds that
// gain too little.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

#include "server/study/active_study.h"
#include "tests/server/study/coordinator_world.h"

namespace hpsearch::study {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

// Rates 0.001, 0.01, 0.1, 1: the best of round 1 is trial 3, and round 2 is trials 5 to 9: 0.01, 0.0316, 0.1,
// 0.316, 1, of which 5, 7 and 9 are there already.
const StudyText kTwoThenFive = {.epochs = 6, .search = R"({"refine":{"rounds":2,"epochs":[2,5]}})"};

void ExpectStraight(World& world, std::int64_t trial, double rate, std::int64_t epochs) {
  const auto curve = world.store.Epochs(1, trial);
  ASSERT_EQ(std::ssize(curve), epochs) << trial;
  for (const auto& [number, epoch] : curve) {
    EXPECT_TRUE(SameResult(epoch, PlayedEpoch(rate, number))) << trial << ": " << number;
  }
}

TEST(CoordinatorRoundEpochs, ALaterRoundGoesOnFromWhatAnEarlierOneHas) {
  World world;
  ASSERT_TRUE(world.Create(kTwoThenFive).ok());
  const auto worker = world.Start();
  std::map<std::int64_t, Lease> leases;
  while (!worker->leases.empty()) {
    const Lease lease = worker->leases.front();
    worker->leases.erase(worker->leases.begin());
    leases.emplace(lease.trial, lease);
    // A worker that has its checkpoint tells of all epochs again; the third trial's has not, and does so too.
    world.Train(*worker, lease);
  }
  ASSERT_EQ(leases.size(), 9U);
  for (const auto& [trial, lease] : leases) EXPECT_EQ(lease.epochs, trial <= 4 ? 2 : 5) << trial;
  for (const std::int64_t trial : {5, 7, 9}) EXPECT_EQ(leases.at(trial).epochs_stored, 2) << trial;
  for (const std::int64_t trial : {6, 8}) EXPECT_EQ(leases.at(trial).epochs_stored, 0) << trial;
  EXPECT_EQ(leases.at(7).plan.training, leases.at(3).plan.training);
  const TrialRecord again = world.Trial(7);
  EXPECT_EQ(again.reused_from, 3);
  EXPECT_EQ(again.state, TrialState::kCompleted);
  EXPECT_EQ(again.epochs, 5);
  EXPECT_EQ(again.epochs_planned, 5);
  EXPECT_EQ(again.attempt, 1);
  EXPECT_EQ(again.best_epoch, 5);
  EXPECT_DOUBLE_EQ(again.seconds, 5 * 0.25);
  EXPECT_EQ(world.Trial(6).reused_from, std::nullopt);
  const std::map<std::int64_t, double> rates = {{3, 0.1}, {5, 0.01}, {7, 0.1}, {9, 1.0}};
  for (const auto& [trial, rate] : rates) ExpectStraight(world, trial, rate, trial <= 4 ? 2 : 5);
  EXPECT_EQ(world.store.rounds()[0].epochs, 2);
  EXPECT_EQ(world.store.rounds()[1].epochs, 5);
  const StudyRecord study = world.Study();
  EXPECT_EQ(study.state, StudyState::kCompleted);
  EXPECT_EQ(study.best_trial, 6);
}

// What is taken up is stored with the lease, before a worker tells anything.
// Before each lease it is looked for what another study has trained meanwhile.
TEST(CoordinatorRoundEpochs, ACurveThatIsGoneOnFromIsReadOnce) {
  World world;
  const auto worker = world.Start();
  ASSERT_TRUE(world.Create({.name = "other", .rates = R"({"values":[0.5]})"}).ok());
  world.TrainAll(*worker);
  worker->leases.clear();
  ASSERT_TRUE(world.Create(kTwoThenFive).ok());
  world.TrainAll(*worker);
  ASSERT_EQ(world.Study().state, StudyState::kCompleted);
  const std::map<std::int64_t, double> rates = {{5, 0.01}, {7, 0.1}, {9, 1.0}};
  for (const auto& [trial, rate] : rates) EXPECT_EQ(world.Trial(trial, 2).epochs, 5) << trial;
  EXPECT_EQ(world.store.curves_read(), std::ssize(rates));
}

TEST(CoordinatorRoundEpochs, TheCurveIsThereBeforeTheLease) {
  World world;
  ASSERT_TRUE(world.Create(kTwoThenFive).ok());
  const auto worker = world.Start();
  for (int i = 0; i < 4; ++i) world.Train(*worker, Lease(worker->leases.back()));
  const Lease lease = worker->leases.back();
  ASSERT_EQ(lease.trial, 5);
  EXPECT_EQ(world.Trial(5).state, TrialState::kRunning);
  EXPECT_EQ(world.Trial(5).epochs, 2);
  EXPECT_EQ(world.store.Epochs(1, 5).size(), 2U);
  ExpectStraight(world, 5, 0.01, 2);
  // What it tells of them must be the same.
  EpochRecord other = PlayedEpoch(0.5, 1);
  world->Report(worker->session, {"s", 5, lease.attempt, {other}});
  world.Run();
  EXPECT_EQ(world.Trial(5).state, TrialState::kFailed);
  EXPECT_THAT(world.Trial(5).reason, HasSubstr("irreproducible"));
}

TEST(CoordinatorRoundEpochs, ACrashAtAnyTimeLeavesTheSameTrials) {
  std::map<std::int64_t, TrialRecord> calm;
  for (int crash_at = -1; crash_at < 40; ++crash_at) {
    World world;
    ASSERT_TRUE(world.Create(kTwoThenFive).ok());
    auto hello = World::Hello();
    auto worker = world.Start(hello);
    int step = 0;
    int lives = 1;
    const auto crashed = [&] {
      if (step++ != crash_at) return false;
      world.Crash();
      hello.instance = "life-" + std::to_string(++lives);
      worker = world.Start(hello);
      return true;
    };
    while (!worker->leases.empty()) {
      const Lease lease = worker->leases.front();
      worker->leases.erase(worker->leases.begin());
      if (crashed()) continue;
      world.Report(*worker, lease, 1, 1);
      if (crashed()) continue;
      world.Report(*worker, lease, 2, lease.epochs);
      if (crashed()) continue;
      world.Finish(*worker, lease);
      if (crashed()) continue;
      world->Ready(worker->session, 1);
      world.Run();
    }
    ASSERT_EQ(world.Study().state, StudyState::kCompleted) << crash_at;
    ASSERT_EQ(world.store.trials().size(), 9U) << crash_at;
    for (std::int64_t number = 1; number <= 9; ++number) {
      const TrialRecord trial = world.Trial(number);
      if (crash_at < 0) calm[number] = trial;
      EXPECT_EQ(trial.state, TrialState::kCompleted) << crash_at;
      EXPECT_EQ(trial.reused_from, calm[number].reused_from) << crash_at << ": " << number;
      EXPECT_EQ(trial.epochs, calm[number].epochs) << crash_at << ": " << number;
      EXPECT_EQ(trial.objective, calm[number].objective) << crash_at << ": " << number;
    }
    ExpectStraight(world, 7, 0.1, 5);
  }
}

TEST(CoordinatorRoundEpochs, TheLongestOfEqualTrialsIsGoneOnFrom) {
  World world;
  ASSERT_TRUE(world.Create({.epochs = 6, .search = R"({"refine":{"rounds":4,"epochs":[1,3,3,6]}})"}).ok());
  const auto worker = world.Start();
  std::map<std::int64_t, Lease> leases;
  while (!worker->leases.empty()) {
    leases.emplace(worker->leases.front().trial, worker->leases.front());
    worker->leases.erase(worker->leases.begin());
    world.Train(*worker, leases.rbegin()->second);
  }
  EXPECT_EQ(world.Study().state, StudyState::kCompleted);
  int grown = 0;
  for (const auto& [key, trial] : world.store.trials()) {
    if (!trial.reused_from) continue;
    const TrialRecord from = world.Trial(*trial.reused_from);
    EXPECT_EQ(trial.parameters, from.parameters);
    EXPECT_EQ(trial.attempt > 0, trial.epochs > from.epochs) << trial.number;
    if (trial.round == 3) {
      EXPECT_EQ(trial.attempt, 0) << trial.number;  // three epochs are there
    }
    if (trial.round == 4) {
      ++grown;
      EXPECT_EQ(leases.at(trial.number).epochs_stored, 3) << trial.number;
      EXPECT_EQ(trial.epochs, 6);
    }
  }
  EXPECT_GT(grown, 1);
}

TEST(CoordinatorRoundEpochs, WhatDivergedIsTakenOverAsItIs) {
  World world;
  ASSERT_TRUE(world.Create(kTwoThenFive).ok());
  const auto worker = world.Start();
  for (int i = 0; i < 3; ++i) world.Train(*worker, Lease(worker->leases.back()));
  const Lease last = worker->leases.back();  // rate 1, which is trial 9 too
  world.Report(*worker, last, 1, 1);
  world.Finish(*worker, last, TrialOutcome::Kind::kDiverged, "loss inf at step 7");
  world->Ready(worker->session, 1);
  world.Run();
  worker->leases.erase(worker->leases.begin(), worker->leases.begin() + 4);
  EXPECT_THAT(world.TrainAll(*worker), ElementsAre(5, 6, 7, 8));
  EXPECT_EQ(world.Trial(9).state, TrialState::kDiverged);
  EXPECT_EQ(world.Trial(9).reused_from, 4);
  EXPECT_EQ(world.Trial(9).attempt, 0);
}

TEST(CoordinatorRoundEpochs, TheCentresAreDifferentPoints) {
  World world;
  const StudyText text = {.epochs = 6, .search = R"({"refine":{"rounds":3,"around":2,"epochs":[2,4]}})"};
  EXPECT_EQ(ActiveStudy::Around(*SpecOf(text)), 4);  // each point short and long
  ASSERT_TRUE(world.Create(text).ok());
  auto worker = world.Start();
  for (int i = 0; i < 6; ++i) world.Train(*worker, Lease(worker->leases.back()));
  // Restored, it knows as many of the best.
  world.Crash();
  auto hello = World::Hello();
  hello.instance = "again";
  worker = world.Start(hello);
  world.TrainAll(*worker);
  EXPECT_EQ(world.Study().state, StudyState::kCompleted);
  ASSERT_EQ(world.store.rounds().size(), 3U);
  EXPECT_THAT(world.store.rounds()[2].boxes, HasSubstr(R"("rate":0.0316)"));
  int boxes = 0;
  for (std::size_t at = 0; (at = world.store.rounds()[2].boxes.find("\"centre\"", at)) != std::string::npos;
       ++at) {
    ++boxes;
  }
  EXPECT_EQ(boxes, 2);
}

TEST(CoordinatorRoundEpochs, ATrialThatGoesOnMayBeExtendedAndFail) {
  World world;
  ASSERT_TRUE(world
                  .Create({.epochs = 6,
                           .search = R"({"refine":{"rounds":2,"epochs":[2,5]}})",
                           .limits = R"({"max_attempts":1,"max_failed_trials":9})"})
                  .ok());
  const auto worker = world.Start();
  for (int i = 0; i < 4; ++i) world.Train(*worker, Lease(worker->leases.back()));
  world.Finish(*worker, Lease(worker->leases.back()), TrialOutcome::Kind::kFailed, "no memory");
  EXPECT_EQ(world.Trial(5).state, TrialState::kFailed);
  EXPECT_EQ(world.Trial(2).state, TrialState::kCompleted);
  world->Ready(worker->session, 1);
  world.Run();
  worker->leases.erase(worker->leases.begin(), worker->leases.begin() + 5);
  world.TrainAll(*worker);
  ASSERT_EQ(world.Study().state, StudyState::kCompleted);
  ASSERT_TRUE(world.Extend("s", {.trial = 7, .epochs = 6}).ok());
  EXPECT_THAT(world.TrainAll(*worker), ElementsAre(7));
  ExpectStraight(world, 7, 0.1, 6);
}

TEST(CoordinatorRoundEpochs, ARoundThatGainsTooLittleIsTheLast) {
  for (const bool crash : {false, true}) {
    World world;
    // Round 2 finds 0.0316, round 3 0.0562: each gains some hundredths, and the fourth less.
    ASSERT_TRUE(world.Create({.search = R"({"refine":{"rounds":9,"min_gain":0.01}})"}).ok());
    auto worker = world.Start();
    if (crash) {
      for (int i = 0; i < 5; ++i) world.Train(*worker, Lease(worker->leases.back()));
      ASSERT_EQ(world.store.rounds().size(), 2U);
      world.Crash();
      auto hello = World::Hello();
      hello.instance = "again";
      worker = world.Start(hello);
    }
    world.TrainAll(*worker);
    const StudyRecord study = world.Study();
    EXPECT_EQ(study.state, StudyState::kCompleted);
    EXPECT_THAT(study.reason, HasSubstr("less than refine.min_gain (0.01)"));
    const std::size_t rounds = world.store.rounds().size();
    EXPECT_EQ(study.reason.substr(0, 8), "round " + std::to_string(rounds) + " ");
    EXPECT_EQ(rounds, 4U);
  }
}

TEST(CoordinatorRoundEpochs, WithoutOneAllRoundsAreOpened) {
  World world;
  ASSERT_TRUE(world.Create({.search = R"({"refine":{"rounds":6,"min_gain":0}})"}).ok());
  const auto worker = world.Start();
  world.TrainAll(*worker);
  EXPECT_EQ(world.store.rounds().size(), 6U);
  EXPECT_THAT(world.Study().reason, IsEmpty());
}

}  // namespace
}  // namespace hpsearch::study
