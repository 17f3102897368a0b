// What a worker says of leases and sessions that are over changes nothing, and is answered.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "tests/server/study/coordinator_world.h"

namespace hpsearch::study {
namespace {

using ::testing::IsEmpty;
using ::testing::SizeIs;

// Of a session that was closed while it was on its way.
TEST(StaleMessage, OfASessionThatIsOverIsPassedOver) {
  World world;
  ASSERT_TRUE(world.Create({}).ok());
  const auto worker = world.Start();
  const Lease lease = worker->leases[0];
  world->Disconnect(worker->session);
  world.Run();
  const std::int64_t commits = world.store.commits();
  world->Ready(worker->session, 1);
  world.Report(*worker, lease, 1, 1);
  world.Finish(*worker, lease);
  world->Heartbeat(worker->session);
  world->Drain(worker->session);
  world->Disconnect(worker->session);
  world.Run();
  EXPECT_EQ(world.store.commits(), commits);
  EXPECT_THAT(worker->leases, SizeIs(1));
  EXPECT_THAT(worker->stored, IsEmpty());
  EXPECT_THAT(worker->outcomes, IsEmpty());
  EXPECT_FALSE(worker->leases_before_drained.has_value());
  EXPECT_EQ(world.Trial(1).state, TrialState::kRunning);
}

TEST(StaleMessage, AReadinessForNothingLeasesNothing) {
  World world;
  ASSERT_TRUE(world.Create({}).ok());
  const auto worker = world.Connect();
  world->Ready(worker->session, 0);
  world->Ready(worker->session, -3);
  world.Run();
  EXPECT_THAT(worker->leases, IsEmpty());
  world->Drain(worker->session);
  world->Ready(worker->session, 1);
  world.Run();
  EXPECT_THAT(worker->leases, IsEmpty());
}

TEST(StaleMessage, AReportOfNoEpochsIsAnswered) {
  World world;
  ASSERT_TRUE(world.Create({}).ok());
  const auto worker = world.Start();
  world->Report(worker->session, {"s", 1, 1, {}});
  world.Run();
  ASSERT_THAT(worker->stored, SizeIs(1));
  EXPECT_EQ(worker->stored[0].epoch, 0);
  EXPECT_FALSE(worker->closed.has_value());
}

// Only what is stored of just that lease is acknowledged.
TEST(StaleMessage, AnOutcomeIsAcknowledgedWhereItIsStored) {
  World world;
  ASSERT_TRUE(world.Create({}).ok());
  const auto worker = world.Start();
  const Lease lease = worker->leases[0];
  world.Train(*worker, lease);
  const auto other = world.Start(World::Hello("other"));
  const auto says = [&](FakeWorker& by, const std::string& study, std::int64_t trial, std::int64_t attempt) {
    by.outcomes.clear();
    by.revoked.clear();
    world->Finish(by.session, {study, trial, attempt, TrialOutcome::Kind::kCompleted, ""});
    world.Run();
    EXPECT_EQ(by.outcomes.size() + by.revoked.size(), 1U);
    return !by.outcomes.empty();
  };
  EXPECT_TRUE(says(*worker, "s", 1, 1));
  EXPECT_FALSE(says(*worker, "s", 1, 2)) << "another attempt";
  EXPECT_FALSE(says(*worker, "s", 99, 1)) << "a trial that is none";
  EXPECT_FALSE(says(*worker, "none", 1, 1)) << "a study that is none";
  EXPECT_FALSE(says(*other, "s", 1, 1)) << "another worker's";
  EXPECT_FALSE(says(*other, "s", 2, 1)) << "that is still being trained";
  ASSERT_TRUE(world.Change("s", Action::kCancel).ok());
  EXPECT_FALSE(says(*worker, "s", 2, 1)) << "that was cancelled";
  world.store.FailReads(absl::UnavailableError("gone"));
  world->Finish(worker->session, {"s", 1, 1, TrialOutcome::Kind::kCompleted, ""});
  world.Run();
  ASSERT_TRUE(worker->closed.has_value()) << "it cannot be known";
  EXPECT_TRUE(absl::IsUnavailable(*worker->closed));
}

// Another process has its name: all that the old one had is lost, and the first of it ends the study.
TEST(StaleMessage, ManyLeasesMayBeLostAtOnce) {
  World world;
  ASSERT_TRUE(world.Create({.limits = R"({"max_attempts":1,"max_failed_trials":0})"}).ok());
  world.Start(World::Hello("w", 3));
  WorkerHello hello = World::Hello("w", 3);
  hello.instance = "another";
  const auto again = world.Start(hello);
  EXPECT_EQ(world.Study().state, StudyState::kFailed);
  EXPECT_EQ(world.Trial(1).state, TrialState::kFailed);
  EXPECT_EQ(world.Trial(2).state, TrialState::kCancelled);
  EXPECT_EQ(world.Trial(3).state, TrialState::kCancelled);
  EXPECT_THAT(again->leases, IsEmpty());
}

TEST(StaleMessage, ManyLeasesMayRunOutAtOnce) {
  World world;
  ASSERT_TRUE(world.Create({.limits = R"({"max_attempts":1,"max_failed_trials":0})"}).ok());
  const auto worker = world.Start(World::Hello("w", 3));
  const auto gone = world.Start(World::Hello("v", 1));
  world->Disconnect(gone->session);
  world.Pass(40);
  world.Run();
  EXPECT_EQ(world.Study().state, StudyState::kFailed);
  EXPECT_THAT(worker->revoked, SizeIs(3)) << "each is told of once";
}

}  // namespace
}  // namespace hpsearch::study
