// Leases: credits, expiry, reconnects, restarts, new processes, drains.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/server/study/coordinator_world.h"

namespace hpsearch::study {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

std::vector<std::int64_t> Trials(const std::vector<Lease>& leases) {
  std::vector<std::int64_t> trials;
  for (const Lease& lease : leases) trials.push_back(lease.trial);
  return trials;
}

TEST(CoordinatorLease, ComesOnceItIsStored) {
  World world;
  ASSERT_TRUE(world.Create({}).ok());
  const auto worker = world.Connect();
  world.store.Hold();
  world->Ready(worker->session, 1);
  world.strand.RunAll();
  EXPECT_THAT(worker->leases, IsEmpty());
  world.Run();
  ASSERT_EQ(worker->leases.size(), 1U);
  const Lease& lease = worker->leases[0];
  EXPECT_EQ(lease.study, "s");
  EXPECT_EQ(lease.trial, 1);
  EXPECT_EQ(lease.attempt, 1);
  EXPECT_EQ(lease.epochs, 2);
  EXPECT_EQ(lease.epochs_stored, 0);
  EXPECT_EQ(RateOf(lease), 0.001);
  const TrialRecord row = world.Trial(1);
  EXPECT_EQ(row.state, TrialState::kRunning);
  EXPECT_EQ(row.worker, "w");
  EXPECT_EQ(row.parameters, R"({"rate":0.001})");
  EXPECT_EQ(row.epochs_planned, 2);
  EXPECT_EQ(world.Study().next_trial, 2);
  EXPECT_TRUE(world.Study().started_at.has_value());
  EXPECT_EQ(world.Study().data_hash, "hash");
  EXPECT_EQ(world.Study().numerics_digest, "digest");
}

TEST(CoordinatorLease, NoMoreThanAreWanted) {
  World world;
  ASSERT_TRUE(world.Create({}).ok());
  const auto worker = world.Connect(World::Hello("w", 2));
  world->Ready(worker->session, 1);
  world.Run();
  EXPECT_THAT(Trials(worker->leases), ElementsAre(1));
  world->Ready(worker->session, 1000);
  world.Run();
  EXPECT_THAT(Trials(worker->leases), ElementsAre(1, 2, 3));  // its slots bound what it may ask for
}

TEST(CoordinatorLease, NoMoreThanTheStudyPermits) {
  World world;
  ASSERT_TRUE(world.Create({.limits = R"({"max_parallel_trials":2})"}).ok());
  const auto a = world.Start(World::Hello("a", 3));
  const auto b = world.Start(World::Hello("b", 1));
  EXPECT_THAT(Trials(a->leases), ElementsAre(1, 2));
  EXPECT_THAT(b->leases, IsEmpty());
  world.Report(*a, a->leases[1], 1, 2);
  world.Finish(*a, a->leases[1]);
  EXPECT_EQ(a->leases.size() + b->leases.size(), 3U);
}

TEST(CoordinatorLease, RunsOutAfterASilence) {
  World world;
  ASSERT_TRUE(world.Create({}).ok());
  const auto silent = world.Start(World::Hello("silent"));
  const auto alive = world.Start(World::Hello("alive"));
  for (int i = 0; i < 3; ++i) {
    world.Pass(4);
    world->Heartbeat(alive->session);
    world.Run();
  }
  ASSERT_EQ(silent->revoked.size(), 1U);
  EXPECT_EQ(silent->revoked[0].trial, 1);
  EXPECT_THAT(alive->revoked, IsEmpty());
  EXPECT_EQ(world.Trial(1).state, TrialState::kQueued);
  EXPECT_EQ(world.Trial(1).lost, 1);
  // What came back goes first, under a higher attempt.
  world.TrainAll(*alive);
  EXPECT_EQ(world.Trial(1).attempt, 2);
  EXPECT_EQ(world.Trial(1).worker, "alive");
  EXPECT_EQ(world.Study().state, StudyState::kCompleted);
  // The one that was silent hears that its work is void, and nothing else.
  world.Report(*silent, silent->leases[0], 1, 1);
  EXPECT_EQ(silent->revoked.size(), 2U);
  EXPECT_THAT(silent->stored, IsEmpty());
}

// The whole process stood still: whoever was connected spoke, and was not heard.
TEST(CoordinatorLease, HasOneMoreTermAfterTheCoordinatorStoodStill) {
  World world;
  ASSERT_TRUE(world.Create({}).ok());
  const auto worker = world.Start(World::Hello("w"));
  const auto gone = world.Start(World::Hello("gone"));
  world->Disconnect(gone->session);
  world.Pass(9);
  world->Heartbeat(worker->session);
  world.clock.Advance(100);
  world.Pass(9);
  world.Run();
  EXPECT_THAT(worker->revoked, IsEmpty());
  EXPECT_EQ(world.Trial(1).state, TrialState::kRunning);
  EXPECT_EQ(world.Trial(2).state, TrialState::kRunning);
  world->Heartbeat(worker->session);
  world.Pass(2);
  world.Run();
  EXPECT_EQ(world.Trial(1).state, TrialState::kRunning);
  EXPECT_EQ(world.Trial(2).state, TrialState::kQueued);
}

// A worker looks for its server every 5 seconds at the latest, however short the term is.
TEST(CoordinatorLease, OutlivesARestartUntilItsWorkerCanBeBack) {
  World world;
  ASSERT_TRUE(world.Create({.limits = R"({"lease_seconds":3})"}).ok());
  const auto worker = world.Start();
  world.Crash();
  world.Pass(5);
  world.Run();
  EXPECT_EQ(world.Trial(1).state, TrialState::kRunning);
  WorkerHello hello = World::Hello();
  hello.held = {{"s", 1, 1}};
  const auto again = world.Connect(hello);
  EXPECT_THAT(again->revoked, IsEmpty());
  world.Train(*again, worker->leases[0]);
  EXPECT_EQ(world.Trial(1).attempt, 1);
  EXPECT_EQ(world.Trial(1).state, TrialState::kCompleted);
}

TEST(CoordinatorLease, IsNotGivenToASilentSession) {
  World world;
  ASSERT_TRUE(world.Create({.rates = R"({"values":[0.1]})"}).ok());
  const auto worker = world.Start(World::Hello("w", 2));
  EXPECT_THAT(Trials(worker->leases), ElementsAre(1));  // and one slot goes on wanting
  world.Pass(11);
  world.Run();
  EXPECT_EQ(world.Trial(1).state, TrialState::kQueued);
  world->Heartbeat(worker->session);
  world.Run();
  EXPECT_THAT(Trials(worker->leases), ElementsAre(1, 1));
}

TEST(CoordinatorLease, FailsTheTrialAfterMaxAttempts) {
  World world;
  ASSERT_TRUE(world.Create({.limits = R"({"max_attempts":2})"}).ok());
  for (int life = 1; life <= 2; ++life) {
    const auto worker = world.Start();
    ASSERT_EQ(worker->leases.size(), 1U);
    EXPECT_EQ(worker->leases[0].trial, 1);
    world->Disconnect(worker->session);
    world.Pass(11);
    world.Run();
  }
  const TrialRecord row = world.Trial(1);
  EXPECT_EQ(row.state, TrialState::kFailed);
  EXPECT_THAT(row.reason, HasSubstr("2 times"));
  EXPECT_THAT(row.reason, HasSubstr("worker w"));
  EXPECT_FALSE(row.objective.has_value());
}

TEST(CoordinatorLease, OutlivesTheSession) {
  World world;
  ASSERT_TRUE(world.Create({}).ok());
  const auto first = world.Start();
  const Lease lease = first->leases[0];
  world.Report(*first, lease, 1, 1);
  world->Disconnect(first->session);
  world.Run();
  EXPECT_EQ(world.Trial(1).state, TrialState::kRunning);
  world.Pass(9);
  WorkerHello hello = World::Hello();
  hello.held = {{"s", 1, 1}, {"s", 7, 1}, {"none", 1, 1}};
  const auto second = world.Connect(hello);
  EXPECT_EQ(second->revoked.size(), 2U);  // those that it does not hold
  world.Pass(9);
  world->Heartbeat(second->session);
  world.Pass(9);
  world.Report(*second, lease, 1, 2);
  world.Finish(*second, lease);
  EXPECT_EQ(second->outcomes.size(), 1U);
  EXPECT_EQ(world.Trial(1).state, TrialState::kCompleted);
  EXPECT_EQ(world.Trial(1).attempt, 1);
}

TEST(CoordinatorLease, ThatAReconnectDoesNotNameIsOver) {
  World world;
  ASSERT_TRUE(world.Create({}).ok());
  const auto first = world.Start(World::Hello("w", 2));
  ASSERT_EQ(first->leases.size(), 2U);
  WorkerHello hello = World::Hello("w", 2);
  hello.held = {{"s", 2, 1}};
  const auto second = world.Connect(hello);
  EXPECT_TRUE(first->closed.has_value());
  EXPECT_THAT(second->revoked, IsEmpty());
  EXPECT_EQ(world.Trial(1).state, TrialState::kQueued);
  EXPECT_EQ(world.Trial(2).state, TrialState::kRunning);
  world.Train(*second, first->leases[1]);
  EXPECT_EQ(world.Trial(2).state, TrialState::kCompleted);
  EXPECT_THAT(Trials(second->leases), ElementsAre(1));
}

// Reconnecting is ordinary: a process whose data set has changed says hello anew. A lease that crosses it is no
// loss, which would be one too many here and end what the process has kept.
TEST(CoordinatorLease, ThatDidNotReachAProcessIsNotLostByItsComingBack) {
  World world;
  ASSERT_TRUE(world.Create({.limits = R"({"max_attempts":1,"max_failed_trials":0})"}).ok());
  const auto first = world.Start(World::Hello("w", 2));
  ASSERT_EQ(first->leases.size(), 2U);
  WorkerHello hello = World::Hello("w", 2);
  hello.held = {{"s", 2, 1}};
  const auto second = world.Connect(hello);
  EXPECT_EQ(world.Study().state, StudyState::kRunning);
  EXPECT_EQ(world.Trial(1).state, TrialState::kQueued);
  EXPECT_EQ(world.Trial(1).lost, 0);
  EXPECT_EQ(world.Trial(2).state, TrialState::kRunning);
  EXPECT_THAT(second->revoked, IsEmpty());
  world.Train(*second, first->leases[1]);
  ASSERT_THAT(Trials(second->leases), ElementsAre(1));
  EXPECT_EQ(second->leases[0].attempt, 2);
}

TEST(CoordinatorLease, EndsWithAnotherProcessOfTheName) {
  World world;
  ASSERT_TRUE(world.Create({}).ok());
  const auto old = world.Start();
  WorkerHello hello = World::Hello();
  hello.instance = "another";
  hello.held = {{"s", 1, 1}};
  const auto young = world.Start(hello);
  ASSERT_TRUE(old->closed.has_value());
  EXPECT_TRUE(absl::IsFailedPrecondition(*old->closed));
  EXPECT_THAT(std::string(old->closed->message()), HasSubstr("took the name"));
  EXPECT_EQ(young->revoked.size(), 1U);
  ASSERT_EQ(young->leases.size(), 1U);
  EXPECT_EQ(young->leases[0].trial, 1);
  EXPECT_EQ(young->leases[0].attempt, 2);
  world.Report(*old, old->leases[0], 1, 1);  // nobody listens
  EXPECT_EQ(world.Trial(1).epochs, 0);
}

TEST(CoordinatorLease, HasOneMoreTermAfterARestart) {
  World world;
  ASSERT_TRUE(world.Create({}).ok());
  const auto before = world.Start();
  const Lease lease = before->leases[0];
  world.Report(*before, lease, 1, 1);
  world.Crash();
  world.Pass(9);
  WorkerHello hello = World::Hello();
  hello.held = {{"s", 1, 1}};
  const auto after = world.Connect(hello);
  EXPECT_THAT(after->revoked, IsEmpty());
  world.Pass(9);
  world.Report(*after, lease, 2, 2);
  world.Finish(*after, lease);
  EXPECT_EQ(world.Trial(1).state, TrialState::kCompleted);
  EXPECT_EQ(world.Trial(1).attempt, 1);
  EXPECT_EQ(world.Trial(1).epochs, 2);
}

TEST(CoordinatorLease, RunsOutAfterARestartWithoutItsWorker) {
  World world;
  ASSERT_TRUE(world.Create({}).ok());
  world.Start();
  world.Crash();
  world.Pass(11);
  world.Run();
  EXPECT_EQ(world.Trial(1).state, TrialState::kQueued);
}

TEST(CoordinatorLease, EndsAfterARestartWithAnotherProcessOfTheName) {
  World world;
  ASSERT_TRUE(world.Create({}).ok());
  world.Start();
  world.Crash();
  WorkerHello hello = World::Hello();
  hello.instance = "another";
  const auto young = world.Start(hello);
  ASSERT_EQ(young->leases.size(), 1U);
  EXPECT_EQ(young->leases[0].trial, 1);
  EXPECT_EQ(young->leases[0].attempt, 2);
}

TEST(CoordinatorLease, ThatNeverArrivedCountsForNothing) {
  World world;
  ASSERT_TRUE(world.Create({}).ok());
  const auto worker = world.Connect();
  world.store.Hold();
  world->Ready(worker->session, 1);
  world->Disconnect(worker->session);
  world.Run();
  EXPECT_THAT(worker->leases, IsEmpty());
  EXPECT_EQ(world.Trial(1).state, TrialState::kQueued);
  EXPECT_EQ(world.Trial(1).lost, 0);
}

TEST(CoordinatorLease, ReturnedByADrainedWorkerIsNoLoss) {
  World world;
  ASSERT_TRUE(world.Create({.limits = R"({"max_attempts":1})"}).ok());
  for (int life = 1; life <= 3; ++life) {
    WorkerHello hello = World::Hello();
    hello.instance = std::to_string(life);
    const auto worker = world.Start(hello);
    ASSERT_EQ(worker->leases.size(), 1U);
    EXPECT_EQ(worker->leases[0].trial, 1);
    EXPECT_EQ(worker->leases[0].attempt, life);
    world->Drain(worker->session);
    world.Finish(*worker, worker->leases[0], TrialOutcome::Kind::kReturned);
    EXPECT_EQ(worker->outcomes.size(), 1U);
    world->Ready(worker->session, 1);
    world.Run();
    EXPECT_EQ(worker->leases.size(), 1U);  // it is draining
    world->Disconnect(worker->session);
    world.Run();
  }
  EXPECT_EQ(world.Trial(1).state, TrialState::kQueued);
}

// The worker closes once it has heard that it is drained, so that no lease may come behind that.
TEST(CoordinatorLease, ADrainIsAnsweredBehindTheLeasesThatCrossIt) {
  World world;
  ASSERT_TRUE(world.Create({}).ok());
  const auto worker = world.Connect();
  world.store.Hold();
  world->Ready(worker->session, 1);
  world->Drain(worker->session);
  world.strand.RunAll();
  EXPECT_THAT(worker->leases, IsEmpty());
  EXPECT_FALSE(worker->leases_before_drained.has_value());
  world.Run();
  EXPECT_EQ(worker->leases.size(), 1U);
  EXPECT_EQ(worker->leases_before_drained, 1U);
}

TEST(CoordinatorLease, WorkersAreSeen) {
  World world;
  ASSERT_TRUE(world.Create({}).ok());
  const auto worker = world.Start(World::Hello("w", 2));
  ASSERT_EQ(world->Workers().size(), 1U);
  EXPECT_EQ(world->Workers()[0].leases, 2);
  EXPECT_TRUE(world->Workers()[0].connected);
  EXPECT_EQ(world.store.workers().at("w").datasets, "digits");
  EXPECT_TRUE(world.store.workers().at("w").connected);
  world.Crash();
  EXPECT_FALSE(world.store.workers().at("w").connected);
  EXPECT_FALSE(world->Workers()[0].connected);
  EXPECT_EQ(world.store.workers().at("w").datasets, "digits");
  world.Pass(11);
  world.Pass(4000);
  EXPECT_THAT(world->Workers(), IsEmpty());
  world.Run();
  EXPECT_TRUE(world.store.workers().empty());
}

TEST(CoordinatorLease, AHelloIsChecked) {
  World world;
  const auto refusal = [&](const std::string& name, std::int64_t slots) {
    const absl::Status status = world->Connect(std::make_shared<FakeWorker>(), World::Hello(name, slots)).status();
    EXPECT_TRUE(absl::IsInvalidArgument(status)) << status;
    return std::string(status.message());
  };
  for (const std::string& name : {std::string(), std::string(129, 'w'), std::string("a\nb"), std::string("é")}) {
    EXPECT_THAT(refusal(name, 1), HasSubstr("hello.name: 1 to 128 printable ASCII characters"));
  }
  EXPECT_EQ(refusal("w", 0), "hello.slots: 0 is not in 1 to 1024");
  EXPECT_EQ(refusal("w", 1025), "hello.slots: 1025 is not in 1 to 1024");
  EXPECT_TRUE(world->Connect(std::make_shared<FakeWorker>(), World::Hello(std::string(128, '~'), 1024)).ok());
}

}  // namespace
}  // namespace hpsearch::study
