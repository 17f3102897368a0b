// What workers report: epochs, outcomes, and what comes of them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

#include "tests/server/study/coordinator_world.h"

namespace hpsearch::study {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

class CoordinatorReport : public ::testing::Test {
 protected:
  void Begin(const StudyText& text = {}) {
    ASSERT_TRUE(world.Create(text).ok());
    worker = world.Start();
    ASSERT_EQ(worker->leases.size(), 1U);
    lease = worker->leases[0];
  }
  void Report(std::vector<EpochRecord> epochs) {
    world->Report(worker->session, {lease.study, lease.trial, lease.attempt, std::move(epochs)});
    world.Run();
  }
  EpochRecord Epoch(std::int64_t epoch) { return PlayedEpoch(RateOf(lease), epoch); }
  // The worker goes, and another process gets the trial.
  void LoseIt() {
    WorkerHello hello = World::Hello();
    hello.instance = "another";
    worker = world.Start(hello);
    ASSERT_EQ(worker->leases.size(), 1U);
    lease = worker->leases[0];
  }

  World world;
  std::shared_ptr<FakeWorker> worker;
  Lease lease;
};

TEST_F(CoordinatorReport, IsAcknowledgedOnceItIsStored) {
  Begin();
  world.store.Hold();
  world->Report(worker->session, {"s", 1, 1, {Epoch(1)}});
  world.strand.RunAll();
  EXPECT_THAT(worker->stored, IsEmpty());
  EXPECT_THAT(world.store.Epochs(1, 1), IsEmpty());
  world.Run();
  ASSERT_EQ(worker->stored.size(), 1U);
  EXPECT_EQ(worker->stored[0].epoch, 1);
  EXPECT_EQ(world.store.Epochs(1, 1).size(), 1U);
  EXPECT_EQ(world.store.Epochs(1, 1).at(1).reported_at, world.clock.Wall());
  const TrialRecord row = world.Trial(1);
  EXPECT_EQ(row.epochs, 1);
  EXPECT_EQ(row.objective, Epoch(1).validation_error);
  EXPECT_EQ(row.best_epoch, 1);
  EXPECT_EQ(row.seconds, 0.25);
  EXPECT_EQ(world.events.back().kind, Event::Kind::kEpochs);
}

TEST_F(CoordinatorReport, MayComeTwice) {
  Begin();
  Report({Epoch(1)});
  const std::int64_t commits = world.store.commits();
  Report({Epoch(1)});
  EXPECT_EQ(world.store.commits(), commits);
  EXPECT_EQ(worker->stored.size(), 2U);
  Report({Epoch(1), Epoch(2)});
  EXPECT_EQ(worker->stored.back().epoch, 2);
  EXPECT_EQ(world.Trial(1).epochs, 2);
  EXPECT_EQ(world.Trial(1).seconds, 0.5);
}

// What is stored may be of an earlier attempt: an acknowledgement is of what was sent.
TEST_F(CoordinatorReport, IsAcknowledgedAsFarAsItGoesAfterARestartToo) {
  Begin({.epochs = 8});
  Report({Epoch(1), Epoch(2), Epoch(3), Epoch(4)});
  LoseIt();
  Report({Epoch(1)});
  world.Crash();
  WorkerHello hello = World::Hello();
  hello.instance = "another";
  hello.held = {{"s", 1, 2}};
  worker = world.Connect(hello);
  Report({Epoch(1)});
  ASSERT_EQ(worker->stored.size(), 1U);
  EXPECT_EQ(worker->stored[0].epoch, 1);
  Report({Epoch(2), Epoch(3)});
  EXPECT_EQ(worker->stored.back().epoch, 3);
}

TEST_F(CoordinatorReport, OfALaterAttemptMustHaveTheSameBits) {
  Begin({.epochs = 3});
  Report({Epoch(1), Epoch(2)});
  LoseIt();
  EXPECT_EQ(lease.epochs_stored, 2);
  EXPECT_EQ(lease.attempt, 2);
  EpochRecord slower = Epoch(1);
  slower.seconds = 9;  // time is no part of it
  Report({slower});
  EXPECT_EQ(worker->stored.back().epoch, 1);
  EXPECT_EQ(world.store.Epochs(1, 1).at(1).seconds, 0.25);
  Report({Epoch(2), Epoch(3)});
  EXPECT_EQ(worker->stored.back().epoch, 3);
  world.Finish(*worker, lease);
  EXPECT_EQ(world.Trial(1).state, TrialState::kCompleted);
  EXPECT_EQ(world.Trial(1).epochs, 3);
}

TEST_F(CoordinatorReport, WithOtherBitsIsIrreproducible) {
  Begin();
  Report({Epoch(1)});
  LoseIt();
  EpochRecord other = Epoch(1);
  other.train_loss = std::nextafter(other.train_loss, 1);
  Report({other, Epoch(2)});
  const TrialRecord row = world.Trial(1);
  EXPECT_EQ(row.state, TrialState::kFailed);
  EXPECT_EQ(row.reason, "irreproducible: epoch 1 of attempt 2 differs from the one stored");
  EXPECT_EQ(row.epochs, 1);
  ASSERT_EQ(worker->revoked.size(), 1U);
  EXPECT_EQ(worker->revoked[0].attempt, 2);
  EXPECT_THAT(worker->stored, IsEmpty());
}

TEST_F(CoordinatorReport, NotANumberEqualsItself) {
  Begin();
  EpochRecord nan = Epoch(1);
  nan.train_loss = kNan;
  nan.validation_loss = std::numeric_limits<double>::infinity();
  Report({nan});
  nan.validation_loss = -kNan;
  Report({nan});
  EXPECT_EQ(worker->stored.size(), 2U);
  EXPECT_EQ(world.Trial(1).state, TrialState::kRunning);
}

TEST_F(CoordinatorReport, ThatNoWorkerMaySendClosesTheSession) {
  const auto broken = [](auto change) {
    EpochRecord epoch = PlayedEpoch(0.001, 1);
    change(epoch);
    return epoch;
  };
  const std::vector<EpochRecord> bad = {
      broken([](EpochRecord& e) { e.epoch = 0; }),
      broken([](EpochRecord& e) { e.epoch = 2; }),
      broken([](EpochRecord& e) { e.epoch = 3; }),
      broken([](EpochRecord& e) { e.validation_error = 1.5; }),
      broken([](EpochRecord& e) { e.train_error = -0.1; }),
      broken([](EpochRecord& e) { e.seconds = -1; }),
      broken([](EpochRecord& e) { e.learning_rate = kNan; }),
  };
  Begin();
  for (const EpochRecord& epoch : bad) {
    WorkerHello hello = World::Hello();
    hello.held = {{"s", 1, 1}};
    worker = world.Connect(hello);
    Report({epoch});
    ASSERT_TRUE(worker->closed.has_value());
    EXPECT_TRUE(absl::IsInvalidArgument(*worker->closed));
    EXPECT_THAT(std::string(worker->closed->message()), HasSubstr("s/1: "));
  }
  EXPECT_EQ(world.Trial(1).epochs, 0);
  EXPECT_EQ(world.Trial(1).state, TrialState::kRunning);
}

TEST_F(CoordinatorReport, CompletedIsStoredBeforeItIsAcknowledged) {
  Begin();
  Report({Epoch(1), Epoch(2)});
  world.store.Hold();
  world->Finish(worker->session, {"s", 1, 1, TrialOutcome::Kind::kCompleted, ""});
  world->Finish(worker->session, {"s", 1, 1, TrialOutcome::Kind::kCompleted, ""});
  world.strand.RunAll();
  EXPECT_THAT(worker->outcomes, IsEmpty());
  world.Run();
  EXPECT_EQ(worker->outcomes.size(), 2U);  // the repeated one too
  const TrialRecord row = world.Trial(1);
  EXPECT_EQ(row.state, TrialState::kCompleted);
  EXPECT_EQ(row.objective, Epoch(2).validation_error);
  EXPECT_EQ(row.best_epoch, 2);
  EXPECT_TRUE(row.finished_at.has_value());
  EXPECT_EQ(world.Study().best_trial, 1);
  world.Crash();
  WorkerHello hello = World::Hello();
  worker = world.Connect(hello);
  world.Finish(*worker, lease);
  EXPECT_EQ(worker->outcomes.size(), 1U);
  EXPECT_THAT(worker->revoked, IsEmpty());
  EXPECT_EQ(world.Study().next_trial, 2);
}

TEST_F(CoordinatorReport, CompletedWithoutAllEpochsFails) {
  Begin();
  Report({Epoch(1)});
  world.Finish(*worker, lease);
  EXPECT_EQ(world.Trial(1).state, TrialState::kFailed);
  EXPECT_THAT(world.Trial(1).reason, HasSubstr("1 of 2"));
  EXPECT_EQ(worker->outcomes.size(), 1U);
}

TEST_F(CoordinatorReport, DivergenceIsAResult) {
  Begin({.limits = R"({"max_failed_trials":0})"});
  Report({Epoch(1)});
  world.Finish(*worker, lease, TrialOutcome::Kind::kDiverged, "loss is not finite");
  EXPECT_EQ(world.Trial(1).state, TrialState::kDiverged);
  EXPECT_FALSE(world.Trial(1).objective.has_value());
  EXPECT_FALSE(world.Study().best_trial.has_value());
  EXPECT_EQ(world.Study().state, StudyState::kRunning);
}

TEST_F(CoordinatorReport, CompletedWithoutAFiniteObjectiveHasDiverged) {
  Begin({.objective = R"({"metric":"validation_loss","at":"last"})"});
  EpochRecord last = Epoch(2);
  last.validation_loss = kNan;
  Report({Epoch(1), last});
  world.Finish(*worker, lease);
  EXPECT_EQ(world.Trial(1).state, TrialState::kDiverged);
  EXPECT_FALSE(world.Trial(1).objective.has_value());
}

TEST_F(CoordinatorReport, FailureIsTriedAgain) {
  Begin({.limits = R"({"max_attempts":2,"max_failed_trials":1})"});
  world.Finish(*worker, lease, TrialOutcome::Kind::kFailed, "out of memory");
  EXPECT_EQ(world.Trial(1).state, TrialState::kQueued);
  EXPECT_EQ(world.Trial(1).reason, "out of memory");
  world->Ready(worker->session, 1);
  world.Run();
  lease = worker->leases.back();
  EXPECT_EQ(lease.trial, 1);
  EXPECT_EQ(lease.attempt, 2);
  EXPECT_EQ(world.Trial(1).reason, "");
  world.Finish(*worker, lease, TrialOutcome::Kind::kFailed, "out of memory");
  EXPECT_EQ(world.Trial(1).state, TrialState::kFailed);
  EXPECT_THAT(world.Trial(1).reason, HasSubstr("out of memory"));
  EXPECT_EQ(world.Study().state, StudyState::kRunning);
}

TEST_F(CoordinatorReport, TooManyFailedTrialsFailTheStudy) {
  Begin({.limits = R"({"max_attempts":1,"max_failed_trials":1})"});
  const auto other = world.Start(World::Hello("other"));
  ASSERT_EQ(other->leases.size(), 1U);
  world.Finish(*worker, lease, TrialOutcome::Kind::kFailed, "no");
  world.Crash();  // the count is stored
  worker = world.Start();
  ASSERT_EQ(worker->leases.size(), 1U);
  lease = worker->leases[0];
  EXPECT_EQ(lease.trial, 3);
  world.Finish(*worker, lease, TrialOutcome::Kind::kFailed, "never");
  EXPECT_EQ(world.Study().state, StudyState::kFailed);
  EXPECT_THAT(world.Study().reason, HasSubstr("max_failed_trials"));
  EXPECT_THAT(world.Study().reason, HasSubstr("trial 3"));
  EXPECT_EQ(world.Trial(2).state, TrialState::kCancelled);
  EXPECT_EQ(world.store.trials().size(), 3U);
}

TEST_F(CoordinatorReport, ADataFaultWithoutAnotherCopyFailsTheStudy) {
  Begin();
  WorkerHello damaged = World::Hello("damaged");
  damaged.datasets[0] = {.key = "digits", .fault = "train-images: missing"};
  world.Start(damaged);
  world.Finish(*worker, lease, TrialOutcome::Kind::kDataFault, "train-labels: truncated");
  EXPECT_EQ(world.Trial(1).state, TrialState::kFailed);
  EXPECT_EQ(world.Trial(1).reason, "train-labels: truncated");
  EXPECT_EQ(world.Study().state, StudyState::kFailed);
  EXPECT_EQ(world.Study().reason, "train-labels: truncated");
  EXPECT_EQ(worker->outcomes.size(), 1U);
  EXPECT_THAT(worker->revoked, IsEmpty());
}

TEST_F(CoordinatorReport, ADataFaultIsOfOneWorkersCopy) {
  Begin();
  const auto other = world.Start(World::Hello("other"));
  world.Finish(*worker, lease, TrialOutcome::Kind::kDataFault, "train-labels: truncated");
  EXPECT_EQ(worker->outcomes.size(), 1U);
  EXPECT_EQ(world.Study().state, StudyState::kRunning);
  EXPECT_EQ(world.Trial(1).state, TrialState::kQueued);
  EXPECT_EQ(world.Trial(1).lost, 0);
  world->Ready(worker->session, 1);
  world.Run();
  EXPECT_EQ(worker->leases.size(), 1U) << "the copy is as it was";
  EXPECT_EQ(world.TrainAll(*other).size(), 4U);
  EXPECT_EQ(world.Study().state, StudyState::kCompleted);
  EXPECT_EQ(world.Trial(1).worker, "other");
}

TEST_F(CoordinatorReport, ADataFaultOfEveryCopyFailsTheStudy) {
  Begin();
  const auto other = world.Start(World::Hello("other"));
  world.Finish(*worker, lease, TrialOutcome::Kind::kDataFault, "train-labels: truncated");
  world.Finish(*other, other->leases[0], TrialOutcome::Kind::kDataFault, "");
  EXPECT_EQ(world.Study().state, StudyState::kFailed);
  EXPECT_EQ(world.Study().reason, "the worker gave no reason");
}

// Another process of the name, or another content: the copy is to be tried again.
TEST_F(CoordinatorReport, ADataFaultIsForgottenWithTheCopy) {
  Begin();
  const auto other = world.Start(World::Hello("other"));
  world.Finish(*worker, lease, TrialOutcome::Kind::kDataFault, "train-labels: truncated");
  worker = world.Start();
  EXPECT_THAT(worker->leases, IsEmpty()) << "the same process";
  LoseIt();
  EXPECT_EQ(lease.trial, 1);
}

// What it offers by now may be another content than what it was leased and found wanting.
TEST_F(CoordinatorReport, ADataFaultIsOfTheContentThatWasLeased) {
  Begin();
  const auto other = world.Start(World::Hello("other"));
  WorkerHello hello = World::Hello();
  hello.held = {{"s", 1, 1}};
  hello.datasets[0].hash = "else";
  worker = world.Connect(hello);
  world.Finish(*worker, lease, TrialOutcome::Kind::kDataFault, "train-labels: truncated");
  EXPECT_EQ(world.Trial(1).state, TrialState::kQueued);
  worker = world.Start();
  EXPECT_THAT(worker->leases, IsEmpty()) << "the copy is as it was";
}

// What was trained on the content says that it is sound: whoever has it so may be between two sessions.
TEST_F(CoordinatorReport, ADataFaultDoesNotEndAStudyWhoseDataIsSound) {
  for (const bool restart : {false, true}) {
    World own;
    ASSERT_TRUE(own.Create({}).ok());
    const auto sound = own.Start();
    own.Report(*sound, sound->leases[0], 1, 2);
    own.Finish(*sound, sound->leases[0]);
    own->Disconnect(sound->session);
    own.Run();
    if (restart) own.Crash();
    const auto other = own.Start(World::Hello("other"));
    ASSERT_EQ(other->leases.size(), 1U);
    own.Finish(*other, other->leases[0], TrialOutcome::Kind::kDataFault, "train-labels: truncated");
    EXPECT_EQ(own.Study().state, StudyState::kRunning);
    EXPECT_THAT(own.Study().reason, HasSubstr("worker other has not: train-labels: truncated"));
    EXPECT_EQ(own.Trial(2).state, TrialState::kQueued);
    own->Ready(other->session, 1);
    own.Pass(11);
    own.Run();
    EXPECT_EQ(other->leases.size(), 1U) << "the copy is as it was";
    const auto again = own.Start();
    EXPECT_THAT(own.TrainAll(*again), ElementsAre(2, 3, 4));
    EXPECT_EQ(own.Study().state, StudyState::kCompleted);
  }
}

// A later trial's plan may be what does not fit: nobody is there who could do better.
TEST_F(CoordinatorReport, ADataFaultOfTheOnlyWorkerFailsAStudyWhoseDataIsSoundToo) {
  Begin();
  world.Train(*worker, lease);
  ASSERT_EQ(worker->leases.size(), 2U);
  world.Finish(*worker, worker->leases[1], TrialOutcome::Kind::kDataFault, "no rows of class 2");
  EXPECT_EQ(world.Study().state, StudyState::kFailed);
  EXPECT_EQ(world.Study().reason, "no rows of class 2");
}

TEST_F(CoordinatorReport, OfAnotherWorkersLeaseIsStale) {
  Begin();
  const auto other = world.Start(World::Hello("other"));
  world.Report(*other, lease, 1, 2);
  world.Finish(*other, lease);
  EXPECT_EQ(other->revoked.size(), 2U);
  EXPECT_EQ(world.Trial(1).state, TrialState::kRunning);
  EXPECT_EQ(world.Trial(1).epochs, 0);
}

}  // namespace
}  // namespace hpsearch::study
