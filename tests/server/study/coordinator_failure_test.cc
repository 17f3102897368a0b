// What becomes of everything when the store fails.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/server/study/coordinator_world.h"

namespace hpsearch::study {
namespace {

using ::testing::IsEmpty;

const absl::Status kFull = absl::UnavailableError("the disk is full");

// The store is tried, and can be written again.
void GoOn(World& world) {
  world.Pass(1);
  world.Run();
}

// The worker of the first trial has it still, and trains that and all others.
void ComeBack(World& world, const Lease& lease) {
  WorkerHello hello = World::Hello();
  hello.held = {{"s", 1, 1}};
  const auto again = world.Connect(hello);
  EXPECT_THAT(again->revoked, IsEmpty());
  world.Train(*again, lease);
  world.TrainAll(*again);
  EXPECT_EQ(world.Study().state, StudyState::kCompleted);
  EXPECT_EQ(world.Trial(1).attempt, 1);
}

TEST(CoordinatorFailure, ACreationThatWasNotStoredNeverWas) {
  World world;
  world.store.FailNext(kFull);
  EXPECT_TRUE(absl::IsUnavailable(world.Create({}, "a").status()));
  GoOn(world);
  EXPECT_TRUE(absl::IsNotFound(world.Change("s", Action::kPause).status()));
  const auto again = world.Create({}, "a");
  ASSERT_TRUE(again.ok());
  EXPECT_EQ(again->id, 1);
  EXPECT_EQ(world.events.size(), 1U);
}

TEST(CoordinatorFailure, AllUnderWayFailsAndIsReadAnew) {
  World world;
  ASSERT_TRUE(world.Create({}).ok());
  const auto worker = world.Start();
  const Lease lease = worker->leases[0];
  world.store.Hold();
  world->Report(worker->session, {"s", 1, 1, {PlayedEpoch(RateOf(lease), 1)}});
  std::optional<absl::StatusOr<StudyRecord>> answer;
  world->ChangeState("r", "s", Action::kPause, [&](absl::StatusOr<StudyRecord> record) { answer = record; });
  world.store.FailNext(kFull);
  world.Run();
  ASSERT_TRUE(answer.has_value());
  EXPECT_TRUE(absl::IsUnavailable(answer->status()));
  ASSERT_TRUE(worker->closed.has_value());
  EXPECT_TRUE(absl::IsUnavailable(*worker->closed));
  EXPECT_THAT(worker->stored, IsEmpty());
  EXPECT_EQ(world.Study().state, StudyState::kRunning);
  EXPECT_THAT(world.store.Epochs(1, 1), IsEmpty());

  world.store.Release();
  GoOn(world);
  ComeBack(world, lease);
}

TEST(CoordinatorFailure, ALeaseThatWasNotStoredIsNotGiven) {
  World world;
  ASSERT_TRUE(world.Create({}).ok());
  const auto worker = world.Connect();
  world.store.FailNext(kFull);
  world->Ready(worker->session, 1);
  world.Run();
  EXPECT_THAT(worker->leases, IsEmpty());
  EXPECT_THAT(world.store.trials(), IsEmpty());
  GoOn(world);
  const auto again = world.Start();
  ASSERT_EQ(again->leases.size(), 1U);
  EXPECT_EQ(again->leases[0].trial, 1);
  EXPECT_EQ(again->leases[0].attempt, 1);
}

TEST(CoordinatorFailure, NothingIsDecidedWhileTheStudiesCannotBeRead) {
  World world;
  ASSERT_TRUE(world.Create({}).ok());
  const auto worker = world.Start();
  world.store.FailNext(kFull);
  world.store.FailReads(absl::UnavailableError("gone"));
  world.Report(*worker, worker->leases[0], 1, 1);
  ASSERT_TRUE(worker->closed.has_value());
  EXPECT_TRUE(absl::IsUnavailable(world.Create({.name = "t"}).status()));
  EXPECT_TRUE(absl::IsUnavailable(world.Change("s", Action::kPause).status()));
  EXPECT_TRUE(absl::IsUnavailable(world->Connect(std::make_shared<FakeWorker>(), World::Hello()).status()));
  world->Tick();
  EXPECT_TRUE(absl::IsUnavailable(world.Create({.name = "t"}).status()));
  world.store.FailReads(absl::OkStatus());
  GoOn(world);
  EXPECT_TRUE(world.Create({.name = "t"}).ok());
  WorkerHello hello = World::Hello();
  hello.held = {{"s", 1, 1}};
  const auto again = world.Connect(hello);
  EXPECT_THAT(again->revoked, IsEmpty());
}

TEST(CoordinatorFailure, AStoreThatGoesOnFailingIsNotAskedInACircle) {
  World world;
  ASSERT_TRUE(world.Create({}).ok());
  const auto worker = world.Start();
  world.store.Hold();
  for (int i = 0; i < 3; ++i) {
    world.store.FailNext(kFull);
    world->Tick();
    world->Disconnect(worker->session);
    world.Run();
  }
  EXPECT_EQ(world.store.waiting(), 0U);
  EXPECT_EQ(world.Study().state, StudyState::kRunning);
}

// A full disk: no study leases, nobody is answered, and what was under way goes on where there is room again, by
// whom it was, however long that took.
TEST(CoordinatorFailure, WhileNothingCanBeStoredAllWaits) {
  World world;
  ASSERT_TRUE(world.Create({}).ok());
  const auto worker = world.Start();
  const Lease lease = worker->leases[0];
  world.events.clear();
  world.store.FailNext(kFull);
  world.Report(*worker, lease, 1, 1);
  EXPECT_EQ(world->Health(), kFull);
  ASSERT_EQ(world.events.size(), 1U) << "watchers are told that it waits";
  EXPECT_EQ(world.events[0].study, "s");
  for (int seconds = 0; seconds < 60; ++seconds) {  // its term is 10
    world.store.FailNext(kFull);
    GoOn(world);
    EXPECT_TRUE(absl::IsUnavailable(world.Create({.name = "t"}).status()));
    EXPECT_TRUE(absl::IsUnavailable(world->Connect(std::make_shared<FakeWorker>(), World::Hello()).status()));
  }
  EXPECT_EQ(world.events.size(), 1U) << "and once";
  EXPECT_EQ(world->Health(), kFull);
  GoOn(world);
  EXPECT_TRUE(world->Health().ok());
  EXPECT_EQ(world.events.size(), 2U) << "and that it goes on";
  ComeBack(world, lease);
}

TEST(CoordinatorFailure, ItIsTriedOnceASecond) {
  World world;
  ASSERT_TRUE(world.Create({}).ok());
  const auto worker = world.Start();
  world.store.FailNext(kFull);
  world.Report(*worker, worker->leases[0], 1, 1);
  world.store.Hold();
  for (int quarter = 0; quarter < 9; ++quarter) {
    world.clock.Advance(0.25);
    world->Tick();
    if (world.store.waiting() > 0) {
      EXPECT_EQ(world.store.waiting(), 1U);
      EXPECT_EQ(quarter % 4, 0);
      world.store.FailNext(kFull);
      world.Run();
    }
  }
}

// One batch that is refused says nothing of the next.
TEST(CoordinatorFailure, ABatchThatIsRefusedStopsNobodyElse) {
  World world;
  ASSERT_TRUE(world.Create({}).ok());
  world.store.FailNext(absl::FailedPreconditionError("a stale lease"));
  EXPECT_TRUE(absl::IsUnavailable(world.Change("s", Action::kPause).status()));
  EXPECT_TRUE(world->Health().ok());
  EXPECT_TRUE(world.Create({.name = "t"}).ok());
}

// Its worker, who has nothing to say before it has it, does not lose it for that.
TEST(CoordinatorFailure, ALeasesTermBeginsWhenTheSlowDiskHasIt) {
  World world;
  ASSERT_TRUE(world.Create({}).ok());
  const auto worker = world.Connect();
  world.store.Hold();
  world->Ready(worker->session, 1);
  world.Pass(12);
  EXPECT_THAT(worker->leases, IsEmpty());
  world.store.Release();
  world.Run();
  ASSERT_EQ(worker->leases.size(), 1U);
  world.Pass(9);
  world.Run();
  EXPECT_THAT(worker->revoked, IsEmpty());
  EXPECT_EQ(world.Trial(1).lost, 0);
  world.Pass(2);
  world.Run();
  EXPECT_EQ(worker->revoked.size(), 1U);
  EXPECT_EQ(world.Trial(1).lost, 1);
}

// The session that another process's hello ends is known to nobody any more: it is told whatever becomes of that.
TEST(CoordinatorFailure, ASessionThatWasClosedIsTold) {
  World world;
  ASSERT_TRUE(world.Create({}).ok());
  const auto first = world.Start();
  WorkerHello hello = World::Hello();
  hello.instance = "another";
  world.store.FailNext(kFull);
  const auto second = world.Connect(hello);
  ASSERT_TRUE(first->closed.has_value());
  ASSERT_TRUE(second->closed.has_value());
  EXPECT_TRUE(absl::IsUnavailable(*first->closed)) << *first->closed;  // it may come back
}

TEST(CoordinatorFailure, UnreadableAtTheStartIsSaid) {
  testing::HandStrand strand;
  study::StrandBackground background(strand);
  testing::HandClock clock;
  testing::MemoryStore store(strand);
  store.FailReads(absl::UnavailableError("gone"));
  Coordinator coordinator(store, clock, background, [](const Event&) {});
  EXPECT_TRUE(absl::IsUnavailable(coordinator.Recover()));
}

}  // namespace
}  // namespace hpsearch::study
