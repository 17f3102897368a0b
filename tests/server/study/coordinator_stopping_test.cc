// Stopping rules of single trials: a trial ends behind the epoch at which a rule says so, whatever comes behind
// it.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "tests/server/study/coordinator_world.h"

namespace hpsearch::study {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::StartsWith;

StudyText With(const std::string& stopping, int epochs = 10) {
  return {.epochs = epochs, .more = fmt::format(R"(,"stopping":{})", stopping)};
}

// Epochs from 1 of which each has that validation error; the losses are finite.
void Tell(World& world, FakeWorker& worker, const Lease& lease, const std::vector<double>& errors,
          std::int64_t from = 1) {
  EpochReport report{lease.study, lease.trial, lease.attempt, {}};
  for (const double error : errors) {
    EpochRecord epoch = PlayedEpoch(0.05, from++);
    epoch.validation_error = error;
    report.epochs.push_back(epoch);
  }
  world->Report(worker.session, std::move(report));
  world.Run();
}

TEST(CoordinatorStopping, ATrialEndsBehindTheEpochThatARuleNames) {
  World world;
  ASSERT_TRUE(world.Create(With(R"([{"patience":2}])")).ok());
  const auto worker = world.Start();
  Tell(world, *worker, worker->leases.at(0), {0.5, 0.3});
  EXPECT_EQ(world.Trial(1).state, TrialState::kRunning);
  // What its worker has done beyond, in the same breath, never was.
  Tell(world, *worker, worker->leases.at(0), {0.4, 0.35, 0.1, 0.05}, 3);
  const TrialRecord trial = world.Trial(1);
  EXPECT_EQ(trial.state, TrialState::kEarlyStopped);
  EXPECT_EQ(trial.reason, "patience: validation_error has not improved for 2 epochs, since 0.3 at epoch 2");
  EXPECT_EQ(trial.objective, 0.3);
  EXPECT_EQ(trial.best_epoch, 2);
  EXPECT_EQ(trial.epochs, 4);
  EXPECT_EQ(trial.epochs_planned, 10);
  EXPECT_EQ(trial.seconds, 1.0);
  EXPECT_TRUE(trial.finished_at.has_value());
  EXPECT_EQ(world.store.Epochs(1, 1).size(), 4U);
  EXPECT_EQ(world.Study().best_trial, 1);
  // The worker hears what is stored, and that it is to stop.
  EXPECT_EQ(worker->stored.back().epoch, 4);
  ASSERT_EQ(worker->revoked.size(), 1U);
  EXPECT_EQ(worker->revoked[0].trial, 1);
  EXPECT_THAT(worker->revoked[0].reason, StartsWith("patience: "));
  // What it says in ignorance of that does no harm.
  Tell(world, *worker, worker->leases.at(0), {0.01}, 7);
  world.Finish(*worker, worker->leases.at(0));
  EXPECT_EQ(world.Trial(1).epochs, 4);
  EXPECT_EQ(world.Trial(1).state, TrialState::kEarlyStopped);
  world->Ready(worker->session, 1);
  world.Run();
  EXPECT_EQ(worker->leases.back().trial, 2);
}

// One by one, all at once, or again behind a lost connection and another worker: the same epochs stand.
TEST(CoordinatorStopping, HoweverTheEpochsComeTheSameStand) {
  const std::vector<double> errors = {0.5, 0.3, 0.4, 0.35, 0.1};
  std::vector<std::string> reasons;
  for (const std::size_t at_once : {1, 2, 3, 5}) {
    World world;
    StudyText text = With(R"([{"patience":2}])");
    text.limits = R"({"max_parallel_trials":1})";
    ASSERT_TRUE(world.Create(text).ok());
    auto worker = world.Start();
    for (std::size_t from = 0; from < errors.size(); from += at_once) {
      const auto to = std::min(from + at_once, errors.size());
      Tell(world, *worker, worker->leases.at(0), {errors.begin() + from, errors.begin() + to}, from + 1);
      if (at_once != 3 || from > 0) continue;
      world.Crash();
      auto hello = World::Hello("other");
      worker = world.Start(hello);
      world.Pass(20);  // the first one's lease runs out
      world->Heartbeat(worker->session);
      world.Run();
      ASSERT_EQ(worker->leases.size(), 1U);
      EXPECT_EQ(worker->leases[0].epochs_stored, 3);
      Tell(world, *worker, worker->leases[0], {0.5, 0.3, 0.4});
    }
    EXPECT_EQ(world.Trial(1).state, TrialState::kEarlyStopped);
    EXPECT_EQ(world.store.Epochs(1, 1).size(), 4U);
    reasons.push_back(world.Trial(1).reason);
  }
  for (const std::string& reason : reasons) EXPECT_EQ(reason, reasons[0]);
}

TEST(CoordinatorStopping, TheLastEpochIsAnEndOfItsOwn) {
  World world;
  ASSERT_TRUE(world.Create(With(R"([{"patience":2}])", 4)).ok());
  const auto worker = world.Start();
  Tell(world, *worker, worker->leases.at(0), {0.5, 0.3, 0.4, 0.4});
  world.Finish(*worker, worker->leases.at(0));
  EXPECT_EQ(world.Trial(1).state, TrialState::kCompleted);
  EXPECT_EQ(world.Trial(1).reason, "");
}

TEST(CoordinatorStopping, WhatDivergesIsDiverged) {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  World world;
  ASSERT_TRUE(world.Create(With(R"([{"threshold":{"worse_than":0.9}}])")).ok());
  const auto worker = world.Start();
  EpochReport report{"s", 1, 1, {PlayedEpoch(0.05, 1)}};
  EpochRecord& epoch = report.epochs[0];
  epoch.train_loss = epoch.train_error = epoch.validation_loss = epoch.validation_error = nan;
  world->Report(worker->session, std::move(report));
  world.Run();
  EXPECT_EQ(world.Trial(1).state, TrialState::kRunning) << "its worker says what became of it";
  world.Finish(*worker, worker->leases.at(0), TrialOutcome::Kind::kDiverged, "the loss of epoch 1 is not finite");
  EXPECT_EQ(world.Trial(1).state, TrialState::kDiverged);
  // Finite in training, of no worth: there is no objective to keep.
  world->Ready(worker->session, 1);
  world.Run();
  Tell(world, *worker, worker->leases.at(1), {nan});
  EXPECT_EQ(world.Trial(2).state, TrialState::kDiverged);
  EXPECT_THAT(world.Trial(2).reason, StartsWith("threshold: validation_error is not finite"));
  EXPECT_EQ(world.Trial(2).objective, std::nullopt);
  EXPECT_EQ(worker->revoked.size(), 1U);
  // What diverged is known by its key; what a rule cut short is not, since another study may see more in it.
  EXPECT_NE(world.Trial(1).key, "");
  EXPECT_EQ(world.Trial(2).key, "");
}

TEST(CoordinatorStopping, TheObjectivesMetricDirectionAndEpochCount) {
  World world;
  StudyText text = With(R"([{"patience":1}])");
  text.objective = R"({"metric":"validation_loss","direction":"maximize","at":"last"})";
  ASSERT_TRUE(world.Create(text).ok());
  const auto worker = world.Start();
  world.Report(*worker, worker->leases.at(0), 1, 5);  // the loss falls, and is to rise
  EXPECT_EQ(world.Trial(1).state, TrialState::kEarlyStopped);
  EXPECT_EQ(world.Trial(1).epochs, 2);
  EXPECT_EQ(world.Trial(1).best_epoch, 2) << "the last epoch counts";
  EXPECT_EQ(world.Trial(1).objective, world.store.Epochs(1, 1)[2].validation_loss);
}

// Rates 0.001, 0.01, 0.1, 1; the third is the best.
TEST(CoordinatorStopping, TheMedianIsThatOfTheCompletedTrialsAlsoBehindACrash) {
  std::vector<std::string> reasons;
  for (const bool crash : {false, true}) {
    World world;
    StudyText text = With(R"([{"median":{"startup_trials":2,"warmup_epochs":1}}])", 3);
    text.rates = R"({"values":[0.1,0.02,0.001,0.05]})";
    ASSERT_TRUE(world.Create(text).ok());
    auto worker = world.Start();
    world.Train(*worker, Lease(worker->leases[0]));
    world.Train(*worker, Lease(worker->leases[1]));
    EXPECT_EQ(world.Trial(2).state, TrialState::kCompleted) << "two have to be complete first";
    if (crash) {
      world.Crash();
      WorkerHello hello = World::Hello();
      hello.instance = "w-2";
      worker = world.Start(hello);
    }
    world.Report(*worker, worker->leases.back(), 1, 1);
    EXPECT_EQ(world.Trial(3).state, TrialState::kRunning);
    world.Report(*worker, worker->leases.back(), 2, 2);
    EXPECT_EQ(world.Trial(3).state, TrialState::kEarlyStopped);
    EXPECT_THAT(world.Trial(3).reason, HasSubstr("the median of 2 completed trials"));
    reasons.push_back(world.Trial(3).reason);
    world->Ready(worker->session, 1);
    world.Run();
    world.Train(*worker, Lease(worker->leases.back()));
    EXPECT_EQ(world.Trial(4).state, TrialState::kCompleted);
    EXPECT_EQ(world.Study().state, StudyState::kCompleted);
    EXPECT_EQ(world.Study().best_trial, 4);
  }
  EXPECT_EQ(reasons[0], reasons[1]);
}

TEST(CoordinatorStopping, OneThatWasStoppedIsTakenOverAndMayBeACentre) {
  World world;
  StudyText text = With(R"([{"threshold":{"reached":0.2}}])", 5);
  text.search = R"({"refine":{"rounds":2}})";
  ASSERT_TRUE(world.Create(text).ok());
  const auto worker = world.Start();
  while (!worker->leases.empty()) {
    const Lease lease = worker->leases.front();
    worker->leases.erase(worker->leases.begin());
    world.Report(*worker, lease, 1, 5);
    world.Finish(*worker, lease);  // late or not
    world->Ready(worker->session, 1);
    world.Run();
  }
  EXPECT_EQ(world.Study().state, StudyState::kCompleted);
  EXPECT_EQ(world.Trial(3).state, TrialState::kEarlyStopped);
  const TrialRecord taken = world.Trial(7);  // the centre once more
  EXPECT_EQ(taken.reused_from, 3);
  EXPECT_EQ(taken.state, TrialState::kEarlyStopped);
  EXPECT_EQ(taken.reason, world.Trial(3).reason);
  EXPECT_EQ(world.store.Epochs(1, 7).size(), world.store.Epochs(1, 3).size());
}

// Whoever asks for more epochs of a trial has them.
TEST(CoordinatorStopping, AnExtensionAsksNoRule) {
  World world;
  StudyText text = With(R"([{"patience":1}])");
  text.rates = R"({"values":[0.05]})";
  ASSERT_TRUE(world.Create(text).ok());
  const auto worker = world.Start();
  Tell(world, *worker, worker->leases.at(0), {0.5, 0.5});
  ASSERT_EQ(world.Study().state, StudyState::kCompleted);
  ASSERT_EQ(world.Trial(1).state, TrialState::kEarlyStopped);
  ASSERT_TRUE(world.Extend("s", {.epochs = 6}).ok());
  world->Ready(worker->session, 1);
  world.Run();
  ASSERT_EQ(worker->leases.back().epochs, 6);
  Tell(world, *worker, worker->leases.back(), {0.5, 0.5, 0.5, 0.5, 0.5, 0.5});
  world.Finish(*worker, worker->leases.back());
  EXPECT_EQ(world.Trial(1).state, TrialState::kCompleted);
  EXPECT_EQ(world.Trial(1).epochs, 6);
}

// What is decided of a trial is stored together with its epochs, or not at all.
TEST(CoordinatorStopping, ThatIsNotStoredIsDecidedAgain) {
  World world;
  ASSERT_TRUE(world.Create(With(R"([{"patience":1}])")).ok());
  auto worker = world.Start();
  const Lease lease = worker->leases.at(0);
  world.store.FailNext(absl::UnavailableError("disk full"));
  Tell(world, *worker, lease, {0.5, 0.5});
  EXPECT_TRUE(worker->closed.has_value());
  EXPECT_THAT(worker->revoked, IsEmpty());
  EXPECT_EQ(world.Trial(1).state, TrialState::kRunning);
  world.Pass(3);
  world.Run();
  WorkerHello hello = World::Hello();
  hello.held = {{"s", 1, 1}};
  worker = world.Connect(hello);
  Tell(world, *worker, lease, {0.5, 0.5, 0.1});
  EXPECT_EQ(world.Trial(1).state, TrialState::kEarlyStopped);
  EXPECT_EQ(world.Trial(1).epochs, 2);
}

}  // namespace
}  // namespace hpsearch::study
