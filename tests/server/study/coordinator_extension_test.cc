// More epochs for trials of a study that has ended.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/server/study/coordinator_world.h"

namespace hpsearch::study {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

// Rates 0.001, 0.01, 0.1, 1: the best is trial 3, then 2, 4, 1. Two epochs each, and COMPLETED.
std::shared_ptr<FakeWorker> Completed(World& world, const StudyText& text = {}) {
  EXPECT_TRUE(world.Create(text).ok());
  auto worker = world.Start();
  world.TrainAll(*worker);
  EXPECT_EQ(world.Study().state, StudyState::kCompleted);
  return worker;
}

TEST(CoordinatorExtension, AllTrialsGoOnAndTheStudyEndsAsItHad) {
  World world;
  const auto worker = Completed(world);
  const auto extended = world.Extend("s", {.epochs = 5});
  ASSERT_TRUE(extended.ok()) << extended.status();
  EXPECT_EQ(extended->state, StudyState::kRunning);
  EXPECT_EQ(extended->extended_from, StudyState::kCompleted);
  EXPECT_FALSE(extended->finished_at.has_value());
  ASSERT_EQ(worker->leases.size(), 1U);
  EXPECT_EQ(worker->leases[0].epochs, 5);
  EXPECT_EQ(worker->leases[0].epochs_stored, 2);
  EXPECT_EQ(worker->leases[0].attempt, 2);
  EXPECT_THAT(world.TrainAll(*worker), ElementsAre(1, 2, 3, 4));
  const StudyRecord study = world.Study();
  EXPECT_EQ(study.state, StudyState::kCompleted);
  EXPECT_EQ(study.extended_from, std::nullopt);
  EXPECT_TRUE(study.finished_at.has_value());
  EXPECT_EQ(study.best_trial, 3);
  for (int number = 1; number <= 4; ++number) {
    const TrialRecord trial = world.Trial(number);
    EXPECT_EQ(trial.state, TrialState::kCompleted);
    EXPECT_EQ(trial.epochs, 5);
    EXPECT_EQ(trial.epochs_planned, 5);
    EXPECT_EQ(trial.best_epoch, 5);
    EXPECT_EQ(world.store.Epochs(1, number).size(), 5U);
  }
  // And once more: those that have as many are left.
  ASSERT_TRUE(world.Extend("s", {.trial = 2, .epochs = 7}).ok());
  EXPECT_THAT(world.TrainAll(*worker), ElementsAre(2));
  ASSERT_TRUE(world.Extend("s", {.epochs = 6}).ok());
  EXPECT_THAT(world.TrainAll(*worker), ElementsAre(1, 3, 4));
}

TEST(CoordinatorExtension, TheBestOrOneAlone) {
  World world;
  const auto worker = Completed(world);
  ASSERT_TRUE(world.Extend("s", {.best = 2, .epochs = 4}).ok());
  EXPECT_THAT(world.TrainAll(*worker), ElementsAre(2, 3));
  ASSERT_TRUE(world.Extend("s", {.trial = 4, .epochs = 4}).ok());
  EXPECT_THAT(world.TrainAll(*worker), ElementsAre(4));
  EXPECT_EQ(world.Trial(1).epochs_planned, 2);
}

// Other decisions see the study end before that is stored, and are stored later: when it is extended already.
TEST(CoordinatorExtension, BehindTheEndWhileOthersAreBeingStored) {
  World world;
  ASSERT_TRUE(world.Create({.rates = R"({"values":[0.1]})"}).ok());
  const auto worker = world.Start();
  const Lease lease = worker->leases.at(0);
  worker->leases.clear();
  world.Report(*worker, lease, 1, lease.epochs);
  world.store.Hold();
  world->Ready(worker->session, 1);
  world->Finish(worker->session, {lease.study, lease.trial, lease.attempt, TrialOutcome::Kind::kCompleted, ""});
  ASSERT_TRUE(world->Connect(std::make_shared<FakeWorker>(), World::Hello("other")).ok());
  ASSERT_TRUE(world.store.CommitOne());
  world.strand.RunAll();
  ASSERT_EQ(world.Study().state, StudyState::kCompleted);
  ASSERT_TRUE(world.Extend("s", {.epochs = 4}).ok());
  EXPECT_THAT(world.TrainAll(*worker), ElementsAre(1));
  EXPECT_THAT(worker->revoked, IsEmpty());
  EXPECT_EQ(world.Study().state, StudyState::kCompleted);
  EXPECT_EQ(world.Trial(1).epochs, 4);
}

TEST(CoordinatorExtension, WhatCannotBeExtended) {
  World world;
  ASSERT_TRUE(world.Create({.search = R"({"refine":{"rounds":2}})"}).ok());
  const auto worker = world.Start();
  const auto message = [&](const Extension& extension, const char* study = "s") {
    return std::string(world.Extend(study, extension).status().message());
  };
  EXPECT_THAT(message({.epochs = 5}), HasSubstr("is RUNNING"));
  world.TrainAll(*worker);
  EXPECT_TRUE(absl::IsNotFound(world.Extend("t", {.epochs = 5}).status()));
  EXPECT_THAT(message({.epochs = 0}), HasSubstr("epochs: 0; the new total is wanted"));
  EXPECT_THAT(message({.best = 0, .epochs = 5}), HasSubstr("best: 0"));
  EXPECT_THAT(message({.trial = 1, .best = 1, .epochs = 5}), HasSubstr("one of them"));
  EXPECT_THAT(message({.epochs = 2}), HasSubstr("has fewer than 2 epochs"));
  EXPECT_TRUE(absl::IsNotFound(world.Extend("s", {.trial = 77, .epochs = 5}).status()));
  EXPECT_THAT(message({.trial = 7, .epochs = 5}), HasSubstr("has the curve of trial 3: extend that one"));
  EXPECT_EQ(world.Study().state, StudyState::kCompleted);
  EXPECT_THAT(worker->leases, IsEmpty());
}

TEST(CoordinatorExtension, OpensNoRoundAndLeasesNothingNew) {
  World world;
  ASSERT_TRUE(world.Create({.search = R"({"refine":{"rounds":3}})"}).ok());
  const auto worker = world.Start();
  world.Train(*worker, Lease(worker->leases[0]));
  ASSERT_TRUE(world.Change("s", Action::kStop).ok());
  world.Train(*worker, Lease(worker->leases[1]));
  ASSERT_EQ(world.Study().state, StudyState::kStopped);
  worker->leases.clear();
  ASSERT_TRUE(world.Extend("s", {.epochs = 3}).ok());
  EXPECT_THAT(world.TrainAll(*worker), ElementsAre(1, 2));
  EXPECT_EQ(world.Study().state, StudyState::kStopped);
  EXPECT_EQ(world.store.trials().size(), 2U);
  EXPECT_EQ(world.store.rounds().size(), 1U);
}

// The last epoch's value counts, and more epochs make it worse: another trial is the best then.
TEST(CoordinatorExtension, ATrialMayBecomeWorse) {
  World world;
  const auto worker = Completed(world, {.objective = R"({"direction":"maximize","at":"last"})"});
  ASSERT_EQ(world.Study().best_trial, 1);
  ASSERT_TRUE(world.Extend("s", {.trial = 1, .epochs = 1000}).ok());
  world.TrainAll(*worker);
  EXPECT_LT(*world.Trial(1).objective, *world.Trial(4).objective);
  EXPECT_EQ(world.Study().best_trial, 4);
}

TEST(CoordinatorExtension, SurvivesACrash) {
  World world;
  auto worker = Completed(world);
  ASSERT_TRUE(world.Extend("s", {.epochs = 4}).ok());
  world.Report(*worker, worker->leases[0], 1, 3);
  world.Crash();
  EXPECT_EQ(world.Study().extended_from, StudyState::kCompleted);
  auto hello = World::Hello();
  hello.instance = "w-2";
  worker = world.Start(hello);
  ASSERT_EQ(worker->leases.size(), 1U);
  EXPECT_EQ(worker->leases[0].trial, 1);
  EXPECT_EQ(worker->leases[0].epochs_stored, 3);
  EXPECT_THAT(world.TrainAll(*worker), ElementsAre(1, 2, 3, 4));
  EXPECT_EQ(world.Study().state, StudyState::kCompleted);
  EXPECT_EQ(world.Study().best_trial, 3);
}

TEST(CoordinatorExtension, ATrialThatFailsKeepsWhatItHad) {
  World world;
  const auto worker = Completed(world, {.limits = R"({"max_attempts":1})"});
  const double before = *world.Trial(3).objective;
  ASSERT_TRUE(world.Extend("s", {.trial = 3, .epochs = 4}).ok());
  world.Finish(*worker, worker->leases.back(), TrialOutcome::Kind::kFailed, "no memory");
  const TrialRecord trial = world.Trial(3);
  EXPECT_EQ(trial.state, TrialState::kCompleted);
  EXPECT_EQ(trial.objective, before);
  EXPECT_THAT(trial.reason, HasSubstr("extended to 2 of 4 epochs"));
  EXPECT_THAT(trial.reason, HasSubstr("no memory"));
  EXPECT_EQ(world.Study().state, StudyState::kCompleted);
  EXPECT_EQ(world.Study().best_trial, 3);
}

TEST(CoordinatorExtension, WithOtherBitsItHasFailed) {
  World world;
  const auto worker = Completed(world);
  ASSERT_TRUE(world.Extend("s", {.trial = 3, .epochs = 4}).ok());
  EpochRecord other = PlayedEpoch(0.5, 1);
  world->Report(worker->session, {"s", 3, 2, {other}});
  world.Run();
  EXPECT_EQ(world.Trial(3).state, TrialState::kFailed);
  EXPECT_THAT(world.Trial(3).reason, HasSubstr("irreproducible"));
  EXPECT_EQ(world.Study().state, StudyState::kCompleted);
  EXPECT_EQ(world.Study().best_trial, 2);
}

TEST(CoordinatorExtension, DivergedItIsNoLongerTheBest) {
  World world;
  const auto worker = Completed(world);
  ASSERT_TRUE(world.Extend("s", {.trial = 3, .epochs = 4}).ok());
  world.Report(*worker, worker->leases.back(), 1, 3);
  world.Finish(*worker, worker->leases.back(), TrialOutcome::Kind::kDiverged, "not finite");
  EXPECT_EQ(world.Trial(3).state, TrialState::kDiverged);
  EXPECT_EQ(world.Study().state, StudyState::kCompleted);
  EXPECT_EQ(world.Study().best_trial, 2);
}

TEST(CoordinatorExtension, AFaultOfTheDataLeavesTheStudyAsItWas) {
  World world;
  const auto worker = Completed(world);
  ASSERT_TRUE(world.Extend("s", {.trial = 3, .epochs = 4}).ok());
  world.Finish(*worker, worker->leases.back(), TrialOutcome::Kind::kDataFault, "damaged");
  EXPECT_EQ(world.Study().state, StudyState::kCompleted);
  EXPECT_EQ(world.Study().reason, "damaged");
  EXPECT_EQ(world.Trial(3).state, TrialState::kCompleted);
  EXPECT_EQ(world.Study().best_trial, 3);
}

// Nothing was trained before the end: the best is known all the same.
TEST(CoordinatorExtension, EndedBehindACrashItKnowsTheBest) {
  for (const Action action : {Action::kStop, Action::kCancel}) {
    World world;
    Completed(world);
    world.Crash();  // its worker is gone
    ASSERT_TRUE(world.Extend("s", {.trial = 3, .epochs = 4}).ok());
    world.Crash();
    EXPECT_EQ(world.Study().best_trial, 3);
    ASSERT_TRUE(world.Change("s", action).ok());
    EXPECT_EQ(world.Study().best_trial, 3);
    EXPECT_EQ(world.Trial(3).state, TrialState::kCompleted);
  }
}

TEST(CoordinatorExtension, StoppedAndCancelledItKeepsWhatItHas) {
  for (const Action action : {Action::kStop, Action::kCancel}) {
    World world;
    const auto worker = Completed(world);
    ASSERT_TRUE(world.Extend("s", {.epochs = 4}).ok());
    world.Report(*worker, worker->leases[0], 1, 3);
    ASSERT_TRUE(world.Change("s", action).ok());
    if (action == Action::kStop) world.Train(*worker, Lease(worker->leases[0]));
    EXPECT_EQ(world.Study().state, action == Action::kStop ? StudyState::kCompleted : StudyState::kCancelled);
    EXPECT_EQ(world.Trial(1).epochs, action == Action::kStop ? 4 : 3);
    for (int number = 1; number <= 4; ++number) EXPECT_EQ(world.Trial(number).state, TrialState::kCompleted);
    EXPECT_EQ(world.Study().best_trial, 3);
  }
}

TEST(CoordinatorExtension, AScheduleThatEndsIsNotExtended) {
  World world;
  Completed(world, {.training = R"(,"schedule":{"cosine":{}})"});
  const auto refused = world.Extend("s", {.epochs = 3});
  EXPECT_TRUE(absl::IsFailedPrecondition(refused.status()));
  EXPECT_THAT(std::string(refused.status().message()),
              HasSubstr("training.schedule of trial 1 ends with epoch 2"));
  World longer;
  const auto worker = Completed(longer, {.training = R"(,"schedule":{"cosine":{"epochs":6}})"});
  EXPECT_TRUE(longer.Extend("s", {.epochs = 6}).ok());
  EXPECT_FALSE(longer.Extend("s", {.epochs = 7}).ok());
}

TEST(CoordinatorExtension, RepeatedItIsAnsweredAlike) {
  World world;
  const auto worker = Completed(world);
  const auto first = world.Extend("s", {.epochs = 4}, "once");
  ASSERT_TRUE(first.ok());
  world.TrainAll(*worker);
  EXPECT_TRUE(absl::IsInvalidArgument(world.Extend("s", {.epochs = 5}, "once").status()));
  const auto again = world.Extend("s", {.epochs = 4}, "once");
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_EQ(again->state, StudyState::kRunning);
  EXPECT_EQ(again->extended_from, StudyState::kCompleted);
  EXPECT_EQ(world.Study().state, StudyState::kCompleted);
  EXPECT_THAT(worker->leases, IsEmpty());
}

}  // namespace
}  // namespace hpsearch::study
