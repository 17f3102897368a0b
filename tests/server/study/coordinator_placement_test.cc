// Which workers get a study's trials, and what a study says while none may.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/server/study/coordinator_world.h"

namespace hpsearch::study {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;

TEST(CoordinatorPlacement, WaitsForTheDataSet) {
  World world;
  const auto created = world.Create({});
  ASSERT_TRUE(created.ok());
  EXPECT_EQ(created->reason, "waiting for a worker with data set digits");
  WorkerHello hello = World::Hello("without");
  hello.datasets[0].key = "letters";
  const auto without = world.Start(hello);
  EXPECT_THAT(without->leases, IsEmpty());
  EXPECT_EQ(world.Study().reason, "waiting for a worker with data set digits");
  EXPECT_EQ(world.Study().state, StudyState::kRunning);
  const auto with = world.Start();
  EXPECT_EQ(with->leases.size(), 1U);
  EXPECT_EQ(world.Study().reason, "");
}

TEST(CoordinatorPlacement, SaysSoAgainWhenTheLastWorkerIsGone) {
  World world;
  ASSERT_TRUE(world.Create({}).ok());
  const auto worker = world.Start();
  world->Disconnect(worker->session);
  world.Run();
  EXPECT_EQ(world.Study().reason, "");  // its lease lives on
  world.Pass(11);
  world.Run();
  EXPECT_THAT(world.Study().reason, HasSubstr("waiting for a worker"));
}

TEST(CoordinatorPlacement, OtherContentGetsNoTrial) {
  World world;
  ASSERT_TRUE(world.Create({}).ok());
  const auto first = world.Start(World::Hello("first"));
  world.Train(*first, Lease(first->leases[0]));
  WorkerHello hello = World::Hello("other");
  hello.datasets[0].hash = "else";
  const auto other = world.Start(hello);
  EXPECT_THAT(other->leases, IsEmpty());
  world->Disconnect(first->session);
  world.Pass(11);
  world->Heartbeat(other->session);
  world.Run();
  EXPECT_THAT(other->leases, IsEmpty());
  EXPECT_THAT(world.Study().reason, HasSubstr("worker other has another (hash else)"));
  EXPECT_THAT(world.Study().reason, HasSubstr("hash hash"));
  world.Crash();  // what the study began with is stored
  const auto again = world.Start(hello);
  EXPECT_THAT(again->leases, IsEmpty());
}

TEST(CoordinatorPlacement, OtherArithmeticGetsNoTrial) {
  World world;
  ASSERT_TRUE(world.Create({}).ok());
  const auto first = world.Start(World::Hello("first"));
  world->Drain(first->session);
  world.Finish(*first, first->leases[0], TrialOutcome::Kind::kReturned);
  WorkerHello hello = World::Hello("other");
  hello.numerics_digest = "avx2";
  const auto other = world.Start(hello);
  EXPECT_THAT(other->leases, IsEmpty());
  EXPECT_THAT(world.Study().reason, HasSubstr("worker other"));
  EXPECT_THAT(world.Study().reason, HasSubstr("numerics digest avx2"));
}

TEST(CoordinatorPlacement, TheInstructionSetIsTheOneThatTheWorkerIsPinnedTo) {
  const auto pinned = [](const std::string& name, const std::string& set) {
    WorkerHello hello = World::Hello(name);
    hello.instruction_set = set;
    return hello;
  };
  World world;
  ASSERT_TRUE(world.Create({.instruction_set = "avx2"}).ok());
  EXPECT_THAT(world.Start(pinned("free", "native"))->leases, IsEmpty());
  EXPECT_EQ(
      world.Study().reason,
      "waiting for a worker that is pinned to instruction set avx2 (hpsearch worker --instruction-set avx2); "
      "worker free is pinned to none");
  EXPECT_THAT(world.Start(pinned("wide", "avx512"))->leases, IsEmpty());
  EXPECT_EQ(world.Study().state, StudyState::kRunning);
  EXPECT_EQ(world.Start(pinned("narrow", "avx2"))->leases.size(), 1U);
  EXPECT_EQ(world.Study().reason, "");

  World native;
  ASSERT_TRUE(native.Create({}).ok());
  EXPECT_THAT(native.Start(pinned("narrow", "avx2"))->leases, IsEmpty());
  EXPECT_EQ(native.Study().reason,
            "waiting for a worker that is pinned to no instruction set; worker narrow is pinned to avx2");
  EXPECT_EQ(native.Start(pinned("free", "native"))->leases.size(), 1U);
}

TEST(CoordinatorPlacement, ADamagedDataSetFailsTheStudy) {
  World world;
  WorkerHello hello = World::Hello("damaged");
  hello.datasets[0] = {.key = "digits", .fault = "train-images: 3 bytes are missing"};
  const auto damaged = world.Start(hello);
  ASSERT_TRUE(world.Create({.name = "a"}).ok());
  EXPECT_EQ(world.Study("a").state, StudyState::kFailed);
  EXPECT_EQ(world.Study("a").reason, "train-images: 3 bytes are missing");
}

TEST(CoordinatorPlacement, ADamagedDataSetIsNoMatterWhereAnotherWorkerHasItWhole) {
  World world;
  const auto whole = world.Start(World::Hello("whole"));
  WorkerHello hello = World::Hello("damaged");
  hello.datasets[0] = {.key = "digits", .fault = "train-images: 3 bytes are missing"};
  const auto damaged = world.Start(hello);
  ASSERT_TRUE(world.Create({}).ok());
  EXPECT_EQ(world.Study().state, StudyState::kRunning);
  EXPECT_EQ(whole->leases.size(), 1U);
  EXPECT_THAT(damaged->leases, IsEmpty());
}

WorkerHello Damaged(const std::string& name) {
  WorkerHello hello = World::Hello(name);
  hello.datasets[0] = {.key = "digits", .fault = "train-images: 3 bytes are missing"};
  return hello;
}

// It may be between two sessions, or draining to come back as another process.
TEST(CoordinatorPlacement, AStudyWaitsForAWorkerThatWasThereAMomentAgo) {
  World world;
  const auto whole = world.Start(World::Hello("whole"));
  ASSERT_TRUE(world.Create({.name = "first"}).ok());
  const auto damaged = world.Start(Damaged("damaged"));
  ASSERT_TRUE(world.Create({.name = "second"}).ok());
  world.Pass(9);  // an idle worker's last word may be as old
  world->Disconnect(whole->session);
  world.Run();
  EXPECT_EQ(world.Study("second").state, StudyState::kRunning);
  EXPECT_THAT(world.Study("second").reason, HasSubstr("waiting for worker whole to come back"));
  world.Start(World::Hello("whole"));
  EXPECT_EQ(world.Study("second").reason, "");
}

// It beats every ten seconds; twice missed, its machine may be gone.
TEST(CoordinatorPlacement, AnIdleWorkerThatBeatsSeldomIsGivenALease) {
  World world;
  const auto worker = world.Start(World::Hello("w", 1));
  world.Pass(24);
  ASSERT_TRUE(world.Create({.limits = R"({"lease_seconds":1})"}).ok());
  world.Run();
  ASSERT_EQ(worker->leases.size(), 1U);
  EXPECT_EQ(worker->leases[0].lease_seconds, 1);

  World other;
  const auto gone = other.Start(World::Hello("w", 1));
  other.Pass(26);
  ASSERT_TRUE(other.Create({}).ok());
  other.Run();
  EXPECT_THAT(gone->leases, IsEmpty());
  other->Heartbeat(gone->session);
  other.Run();
  EXPECT_EQ(gone->leases.size(), 1U);
}

TEST(CoordinatorPlacement, AStudyFailsWhenTheWorkerStaysAway) {
  World world;
  const auto whole = world.Start(World::Hello("whole"));
  world->Disconnect(whole->session);
  const auto damaged = world.Start(Damaged("damaged"));
  ASSERT_TRUE(world.Create({}).ok());
  EXPECT_EQ(world.Study().state, StudyState::kRunning);
  world.Pass(4);
  world.Run();
  EXPECT_EQ(world.Study().state, StudyState::kRunning);
  world.Pass(3);
  world.Run();
  EXPECT_EQ(world.Study().state, StudyState::kFailed);
  EXPECT_EQ(world.Study().reason, "train-images: 3 bytes are missing");
}

TEST(CoordinatorPlacement, AfterARestartAStudyWaitsForThoseThatItKnew) {
  World world;
  world.Start(World::Hello("whole"));
  world.Crash();
  ASSERT_TRUE(world.Create({}).ok());
  world.Start(Damaged("damaged"));
  EXPECT_EQ(world.Study().state, StudyState::kRunning);
  EXPECT_EQ(world.Start(World::Hello("whole"))->leases.size(), 1U);
}

// Its data was whole where it began: it waits for that worker, and says what is wrong with the other.
TEST(CoordinatorPlacement, ADamagedCopyElsewhereDoesNotEndAStudyThatHasBegun) {
  World world;
  ASSERT_TRUE(world.Create({}).ok());
  const auto a = world.Start(World::Hello("a"));
  world.Train(*a, Lease(a->leases[0]));
  WorkerHello damaged = World::Hello("b");
  damaged.datasets[0] = {.key = "digits", .fault = "train-images: 3 bytes are missing"};
  const auto b = world.Start(damaged);
  WorkerHello hello = World::Hello("a");
  hello.instance = "another";
  const auto again = world.Start(hello);
  EXPECT_EQ(world.Study().state, StudyState::kRunning);
  EXPECT_EQ(world.Study().reason, "");
  ASSERT_EQ(again->leases.size(), 1U);
  EXPECT_EQ(again->leases[0].trial, 2);

  world->Disconnect(again->session);
  world.Pass(11);
  world.Run();
  EXPECT_EQ(world.Study().state, StudyState::kRunning);
  EXPECT_EQ(
      world.Study().reason,
      "waiting for a worker that has data set digits whole; worker b has not: train-images: 3 bytes are missing");
  EXPECT_THAT(b->leases, IsEmpty());
}

TEST(CoordinatorPlacement, AStudyFailsOnlyWhereItFitsNoWorkersData) {
  World world;
  WorkerHello hello = World::Hello("misfit");
  hello.datasets[0].shape.classes = 10;  // the softmax has two units
  const auto misfit = world.Start(hello);
  const auto fits = world.Start(World::Hello("w"));
  ASSERT_TRUE(world.Create({}).ok());
  EXPECT_EQ(world.Study().state, StudyState::kRunning);
  EXPECT_THAT(misfit->leases, IsEmpty());
  EXPECT_EQ(fits->leases.size(), 1U);
}

TEST(CoordinatorPlacement, AReasonNamesAFewFaultsAndCountsTheRest) {
  World world;
  WorkerHello hello = World::Hello();
  hello.datasets[0].shape = {.sample = {std::int64_t{1} << 30}, .classes = 10, .train_rows = 1, .test_rows = 1};
  const auto worker = world.Start(hello);
  ASSERT_TRUE(world.Create({.dataset = R"({"name":"digits","classes":[11,12]})"}).ok());
  EXPECT_EQ(world.Study().state, StudyState::kFailed);
  EXPECT_THAT(world.Study().reason, HasSubstr("dataset.classes[0]: there is no class 11"));
  EXPECT_THAT(world.Study().reason, ::testing::ContainsRegex("\nand [1-9] more$"));
}

TEST(CoordinatorPlacement, AStudyThatDoesNotFitTheDataFails) {
  World world;
  ASSERT_TRUE(world.Create({}).ok());
  WorkerHello hello = World::Hello();
  hello.datasets[0].shape.classes = 10;  // the softmax has two units
  const auto worker = world.Start(hello);
  EXPECT_THAT(worker->leases, IsEmpty());
  EXPECT_EQ(world.Study().state, StudyState::kFailed);
  EXPECT_THAT(world.Study().reason, HasSubstr("digits"));
  EXPECT_THAT(world.Study().reason, HasSubstr("10"));
}

}  // namespace
}  // namespace hpsearch::study
