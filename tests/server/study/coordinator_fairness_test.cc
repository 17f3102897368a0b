// How studies share the workers: by priority, then by weight. Whose turn it is stands in fair_shares_test.cc; here
// is what the coordinator makes of it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

#include "tests/server/study/coordinator_world.h"
#include "tests/server/study/spec_documents.h"

namespace hpsearch::study {
namespace {

using ::testing::ElementsAre;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Pair;

constexpr const char* kManyRates = R"({"linspace":{"start":0.01,"stop":1,"num":400}})";

std::map<std::string, int> LeasesByStudy(const FakeWorker& worker) {
  std::map<std::string, int> leases;
  for (const Lease& lease : worker.leases) ++leases[lease.study];
  return leases;
}

// Trains so many leases, the oldest first, a second each.
std::map<std::string, int> TrainSome(World& world, FakeWorker& worker, int trials) {
  std::map<std::string, int> trained;
  for (int i = 0; i < trials; ++i) {
    const Lease lease = worker.leases.front();
    worker.leases.erase(worker.leases.begin());
    ++trained[lease.study];
    world.clock.Advance(1);
    world.Train(worker, lease);
  }
  return trained;
}

TEST(CoordinatorFairness, StudiesOfOneWeightHaveAsManySlots) {
  World world;
  for (const char* name : {"a", "b", "c"}) ASSERT_TRUE(world.Create({.name = name, .rates = kManyRates}).ok());
  const auto worker = world.Start(World::Hello("w", 12));
  EXPECT_THAT(LeasesByStudy(*worker), ElementsAre(Pair("a", 4), Pair("b", 4), Pair("c", 4)));
}

TEST(CoordinatorFairness, SlotsGoByWeight) {
  World world;
  ASSERT_TRUE(world.Create({.name = "a", .rates = kManyRates}).ok());
  ASSERT_TRUE(world.Create({.name = "b", .rates = kManyRates, .more = R"(,"weight":3)"}).ok());
  const auto worker = world.Start(World::Hello("w", 8));
  EXPECT_THAT(LeasesByStudy(*worker), ElementsAre(Pair("a", 2), Pair("b", 6)));
}

TEST(CoordinatorFairness, OneSlotIsTakenInTurns) {
  World world;
  ASSERT_TRUE(world.Create({.name = "a", .rates = kManyRates}).ok());
  ASSERT_TRUE(world.Create({.name = "b", .rates = kManyRates, .more = R"(,"weight":3)"}).ok());
  const auto worker = world.Start();
  EXPECT_THAT(TrainSome(world, *worker, 40), ElementsAre(Pair("a", 10), Pair("b", 30)));
}

TEST(CoordinatorFairness, TheHighestPriorityGoesFirstAndIsFilledUpByOthers) {
  World world;
  ASSERT_TRUE(world.Create({.name = "a", .rates = kManyRates}).ok());
  const auto worker = world.Start(World::Hello("w", 2));
  ASSERT_TRUE(world
                  .Create({.name = "urgent",
                           .rates = kManyRates,
                           .limits = R"({"max_parallel_trials":1})",
                           .more = R"(,"priority":1)"})
                  .ok());
  EXPECT_THAT(LeasesByStudy(*worker), ElementsAre(Pair("a", 2)));  // what runs goes on
  TrainSome(world, *worker, 2);
  EXPECT_THAT(LeasesByStudy(*worker), ElementsAre(Pair("a", 1), Pair("urgent", 1)));
  ASSERT_TRUE(world.Change("urgent", Action::kPause).ok());
  TrainSome(world, *worker, 4);
  EXPECT_THAT(LeasesByStudy(*worker), ElementsAre(Pair("a", 2)));
}

TEST(CoordinatorFairness, AStudyThatThisWorkerCannotTrainKeepsItFromNoOther) {
  World world;
  ASSERT_TRUE(world.Create({.name = "a", .dataset = R"("letters")", .more = R"(,"priority":9)"}).ok());
  ASSERT_TRUE(world.Create({.name = "b"}).ok());
  const auto worker = world.Start();
  EXPECT_THAT(LeasesByStudy(*worker), ElementsAre(Pair("b", 1)));
}

// However a lease ends, the study has a slot less: else one that lost many would be given fewer ever after.
TEST(CoordinatorFairness, LostReturnedAndRevokedLeasesLeaveNoSlotBehind) {
  World world;
  ASSERT_TRUE(world.Create({.name = "a", .rates = kManyRates}).ok());
  const auto lost = world.Start(World::Hello("lost", 40));
  world->Disconnect(lost->session);
  world.Pass(11);  // they run out
  const auto returned = world.Start(World::Hello("returned", 40));
  world->Drain(returned->session);
  for (const Lease& lease : returned->leases) world.Finish(*returned, lease, TrialOutcome::Kind::kReturned);
  ASSERT_TRUE(world.Create({.name = "gone", .rates = kManyRates, .more = R"(,"priority":1)"}).ok());
  const auto revoked = world.Start(World::Hello("revoked", 40));
  ASSERT_TRUE(world.Change("gone", Action::kCancel).ok());
  ASSERT_EQ(revoked->revoked.size(), 40U);
  ASSERT_TRUE(world.Create({.name = "b", .rates = kManyRates}).ok());
  const auto worker = world.Start(World::Hello("w", 6));
  TrainSome(world, *worker, 60);
  EXPECT_THAT(LeasesByStudy(*worker), ElementsAre(Pair("a", 3), Pair("b", 3)));
}

TEST(CoordinatorFairness, HoldsAfterARestart) {
  World world;
  ASSERT_TRUE(world.Create({.name = "a", .rates = kManyRates}).ok());
  const auto worker = world.Start(World::Hello("w", 4));
  ASSERT_TRUE(world.Create({.name = "b", .rates = kManyRates, .more = R"(,"weight":2)"}).ok());
  world.Crash();
  const auto another = world.Start(World::Hello("another", 8));
  EXPECT_THAT(LeasesByStudy(*another), ElementsAre(Pair("b", 8)));  // a has four still
}

// Studies of versions that knew neither are found equal, and keep their digest.
TEST(CoordinatorFairness, WeightAndPriorityStandInTheCanonicalDocumentWhereTheySaySomething) {
  const auto plain = SpecOf({});
  EXPECT_EQ(plain->weight, 1);
  EXPECT_EQ(plain->priority, 0);
  const auto same = SpecOf({.more = R"(,"weight":1,"priority":0.0)"});
  EXPECT_THAT(plain->canonical, EndsWith(R"("checkpoints":{"keep":5}})"));
  EXPECT_EQ(same->canonical, plain->canonical);
  EXPECT_EQ(same->digest, plain->digest);
  const auto other = SpecOf({.more = R"(,"weight":2,"priority":-3)"});
  EXPECT_EQ(other->weight, 2);
  EXPECT_EQ(other->priority, -3);
  EXPECT_THAT(other->canonical, EndsWith(R"("checkpoints":{"keep":5},"weight":2.0,"priority":-3})"));
  EXPECT_EQ(ReadSpec(other->canonical).value()->canonical, other->canonical);
}

TEST(CoordinatorFairness, WeightAndPriorityHaveTheirDomains) {
  const auto faults_of = [](const char* key, const char* value) {
    model::Node document = SpecOf({})->document;
    document.Set(key, Document(value));
    return FaultsOf(document, nullptr);
  };
  EXPECT_THAT(faults_of("weight", "0"),
              ElementsAre("weight: 0 is out of range; a number in [0.001, 1000] is wanted"));
  EXPECT_THAT(faults_of("priority", "1.5"),
              ElementsAre(HasSubstr("an integer from -1,000,000 to 1,000,000 is wanted")));
}

TEST(CoordinatorFairness, AnotherWeightIsAnotherSpecification) {
  World world;
  ASSERT_TRUE(world.Create({}).ok());
  EXPECT_TRUE(world.Create({.more = R"(,"weight":1,"priority":0)"}).ok());
  EXPECT_TRUE(absl::IsAlreadyExists(world.Create({.more = R"(,"weight":2)"}).status()));
  EXPECT_TRUE(absl::IsAlreadyExists(world.Create({.more = R"(,"priority":1)"}).status()));
}

}  // namespace
}  // namespace hpsearch::study
