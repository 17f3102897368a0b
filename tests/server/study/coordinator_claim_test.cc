// Who may put and get a trial's checkpoint, and how long one is of use.
#include <gtest/gtest.h>

#include <memory>
#include <vector>

#include "tests/server/study/coordinator_world.h"

namespace hpsearch::study {
namespace {

LeaseClaim ClaimOf(const Lease& lease) {
  const WorkerHello hello = World::Hello();
  return {hello.name, hello.instance, lease.study, lease.trial, lease.attempt};
}

TEST(CoordinatorClaim, OnlyTheNewestLeasesOwnProcessHasIt) {
  World world;
  ASSERT_TRUE(world.Create({}).ok());
  const std::shared_ptr<FakeWorker> worker = world.Start();
  const Lease lease = worker->leases.at(0);
  EXPECT_TRUE(world->CheckClaim(ClaimOf(lease)).ok());
  std::vector<LeaseClaim> claims(5, ClaimOf(lease));
  claims[0].worker = "another";
  claims[1].instance = "another";
  claims[2].study = "another";
  ++claims[3].trial;
  ++claims[4].attempt;
  for (const LeaseClaim& claim : claims) EXPECT_TRUE(absl::IsFailedPrecondition(world->CheckClaim(claim)));

  world.Finish(*worker, lease, TrialOutcome::Kind::kReturned);
  EXPECT_TRUE(absl::IsFailedPrecondition(world->CheckClaim(ClaimOf(lease))));
  world->Ready(worker->session, 1);
  world.Run();
  const Lease again = worker->leases.at(1);
  ASSERT_EQ(again.trial, lease.trial);
  EXPECT_TRUE(world->CheckClaim(ClaimOf(again)).ok());
  EXPECT_TRUE(absl::IsFailedPrecondition(world->CheckClaim(ClaimOf(lease))));
}

TEST(CoordinatorClaim, ATrialMayGoOnUntilItIsDone) {
  World world;
  ASSERT_TRUE(world.Create({}).ok());
  EXPECT_FALSE(world->MayGoOn("s", 1));
  const std::shared_ptr<FakeWorker> worker = world.Start();
  const Lease lease = worker->leases.at(0);
  EXPECT_TRUE(world->MayGoOn("s", lease.trial));
  EXPECT_FALSE(world->MayGoOn("another", lease.trial));
  world.Crash();
  EXPECT_TRUE(world->MayGoOn("s", lease.trial));
  const std::shared_ptr<FakeWorker> next = world.Start();
  world.Train(*next, next->leases.at(0));
  EXPECT_FALSE(world->MayGoOn("s", next->leases.at(0).trial));
}

}  // namespace
}  // namespace hpsearch::study
