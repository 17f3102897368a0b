// How a study ends: what is asked of one that is ending or has ended, and trials that were stopped early or
// paused.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <utility>

#include "tests/server/study/coordinator_world.h"

namespace hpsearch::study {
namespace {

using ::testing::HasSubstr;

void Store(World& world, Batch batch) {
  world.store.Commit(std::move(batch), [](const absl::Status& status) { EXPECT_TRUE(status.ok()) << status; });
  world.strand.RunAll();
}

TEST(StudyEnd, OneThatIsStoppingIsNeitherPausedNorResumed) {
  World world;
  ASSERT_TRUE(world.Create({}).ok());
  const auto worker = world.Start();
  ASSERT_TRUE(world.Change("s", Action::kStop).ok());
  for (const Action action : {Action::kPause, Action::kResume}) {
    const absl::Status status = world.Change("s", action).status();
    EXPECT_TRUE(absl::IsFailedPrecondition(status)) << status;
    EXPECT_THAT(std::string(status.message()), HasSubstr("is stopping"));
  }
  EXPECT_TRUE(world.Change("s", Action::kStop).ok()) << "once more is no error";
  EXPECT_EQ(world.Study().state, StudyState::kRunning);
  world.Train(*worker, Lease(worker->leases[0]));
  EXPECT_EQ(world.Study().state, StudyState::kStopped);
}

TEST(StudyEnd, IsOneOnly) {
  for (const auto& [end, other, state] : {std::tuple(Action::kStop, Action::kCancel, StudyState::kStopped),
                                          std::tuple(Action::kCancel, Action::kStop, StudyState::kCancelled)}) {
    World world;
    ASSERT_TRUE(world.Create({}).ok());
    ASSERT_TRUE(world.Change("s", end).ok());
    EXPECT_TRUE(world.Change("s", end).ok()) << "asked for again";
    EXPECT_TRUE(absl::IsFailedPrecondition(world.Change("s", other).status()));
    EXPECT_TRUE(absl::IsFailedPrecondition(world.Change("s", Action::kPause).status()));
    EXPECT_EQ(world.Study().state, state);
  }
}

// All that a round had failed: it says which, and why.
TEST(StudyEnd, WithoutABestSaysWhatFailed) {
  World world;
  ASSERT_TRUE(
      world.Create({.rates = R"({"values":[0.1,0.2]})", .limits = R"({"max_attempts":1,"max_failed_trials":9})"})
          .ok());
  const auto worker = world.Start();
  for (const std::int64_t trial : {1, 2}) {
    world.Finish(*worker, Lease(worker->leases.back()), TrialOutcome::Kind::kFailed, "out of memory");
    world->Ready(worker->session, 1);
    world.Run();
    EXPECT_EQ(world.Trial(trial).state, TrialState::kFailed);
  }
  EXPECT_EQ(world.Study().state, StudyState::kFailed);
  EXPECT_THAT(world.Study().reason, HasSubstr("there is no best to show; trial 2: lost or failed 1 times"));
  EXPECT_THAT(world.Study().reason, HasSubstr("out of memory"));
}

// What a later version stores of trials that wait for more: the end of their study is theirs.
TEST(StudyEnd, OfTrialsThatWerePaused) {
  World world;
  ASSERT_TRUE(world.Create({}).ok());
  const auto worker = world.Start();
  world.Train(*worker, Lease(worker->leases[0]));
  TrialRecord scored = world.Trial(1);
  scored.number = 3;
  scored.state = TrialState::kPaused;
  scored.objective = 0.001;
  scored.finished_at.reset();
  TrialRecord fresh = scored;
  fresh.number = 4;
  fresh.objective.reset();
  fresh.best_epoch.reset();
  StudyRecord study = world.Study();
  study.next_trial = 5;
  Store(world, {PutStudy{study}, PutTrial{scored}, PutTrial{fresh}});
  world.Crash();
  ASSERT_TRUE(world.Change("s", Action::kCancel).ok());
  EXPECT_EQ(world.Trial(1).state, TrialState::kCompleted);
  EXPECT_EQ(world.Trial(2).state, TrialState::kCancelled);
  EXPECT_EQ(world.Trial(3).state, TrialState::kEarlyStopped);
  EXPECT_EQ(world.Trial(4).state, TrialState::kEarlyStopped);
  EXPECT_EQ(world.Study().best_trial, 3);
}

// While its end is on its way to the disk, time passes, and workers come and go.
TEST(StudyEnd, IsNotDecidedTwice) {
  World world;
  ASSERT_TRUE(world.Create({.limits = R"({"max_seconds":5})"}).ok());
  const auto worker = world.Start();
  world.store.Hold();
  std::optional<absl::StatusOr<StudyRecord>> answer;
  world->ChangeState("r", "s", Action::kCancel,
                     [&](absl::StatusOr<StudyRecord> said) { answer = std::move(said); });
  world.Pass(9);
  world->Disconnect(worker->session);
  world.Run();
  ASSERT_TRUE(answer.has_value());
  EXPECT_TRUE(answer->ok());
  EXPECT_EQ(world.Study().state, StudyState::kCancelled);
  EXPECT_EQ(world.Study().reason, "");
}

TEST(StudyEnd, AnExtensionHasNoLimitOfTime) {
  World world;
  ASSERT_TRUE(world.Create({.limits = R"({"max_seconds":60})"}).ok());
  const auto worker = world.Start();
  world.TrainAll(*worker);
  world.Pass(100);
  ASSERT_TRUE(world.Extend("s", {.epochs = 3}).ok());
  world.Pass(2);
  world->Heartbeat(worker->session);
  world.Run();
  EXPECT_FALSE(world.Study().stopping);
  EXPECT_EQ(world.TrainAll(*worker).size(), 4U);
  EXPECT_EQ(world.Study().state, StudyState::kCompleted);
}

// A trial that was stopped early is a result, which a later round takes over as it is.
TEST(StudyEnd, AnEarlyStoppedTrialIsTakenOver) {
  World world;
  ASSERT_TRUE(world.Create({.search = R"({"grid":{},"refine":{"rounds":2}})"}).ok());
  const auto worker = world.Start();
  for (int trial = 1; trial <= 3; ++trial) world.Train(*worker, Lease(worker->leases.back()));
  TrialRecord best = world.Trial(3);
  best.state = TrialState::kEarlyStopped;
  Store(world, {PutTrial{best}});
  world.Crash();
  WorkerHello hello = World::Hello();
  hello.instance = "another";
  const auto again = world.Start(hello);
  world.TrainAll(*again);
  EXPECT_EQ(world.Study().state, StudyState::kCompleted);
  int taken = 0;
  for (const auto& [key, trial] : world.store.trials()) {
    if (trial.reused_from != 3) continue;
    ++taken;
    EXPECT_EQ(trial.state, TrialState::kEarlyStopped);
    EXPECT_EQ(trial.objective, best.objective);
  }
  EXPECT_EQ(taken, 1);
}

}  // namespace
}  // namespace hpsearch::study
