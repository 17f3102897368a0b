// Checkpoints that go from one worker to another by way of the coordinator, each with a folder of its own. What
// was gone on from is seen by its seconds, which a checkpoint keeps and no second training would come to.
#include "worker/agent/checkpoint_courier.h"

#include <gtest/gtest.h>

#include <chrono>
#include <filesystem>
#include <string>
#include <vector>

#include "tests/worker/agent/worker_fixture.h"

namespace hpsearch::agent {
namespace {

namespace fs = std::filesystem;

class CheckpointCourierTest : public WorkerTest {
 protected:
  CheckpointCourierTest() { MoveTo("one"); }

  void MoveTo(const std::string& machine) {
    options_.checkpoints = folder_ / (machine + "/checkpoints");
    options_.name = machine;
  }
  static v1::Lease MovingLease(std::int64_t epochs, std::int64_t attempt = 1) {
    v1::Lease lease = LeaseOf(1, epochs, attempt);
    lease.mutable_objective()->set_metric("validation_loss");
    lease.set_keep_checkpoints(2);
    lease.set_spec_digest("0123");
    return lease;
  }
  // Trains the lease for some epochs, on this machine, and drains the worker. What it has reported.
  std::vector<v1::Epoch> TrainAndDrain(const v1::Lease& lease, std::int64_t epochs) {
    Begin();
    coordinator_.ExpectHello();
    coordinator_.SendLease(lease);
    coordinator_.ExpectEpoch(IdOf(lease), epochs);
    worker_->Drain();
    EXPECT_EQ(coordinator_.ExpectOutcome().kind(), v1::Outcome::RETURNED);
    EXPECT_TRUE(Result().ok());
    thread_.join();
    return Reported(IdOf(lease));
  }
  // The whole curve of a lease, on this machine.
  std::vector<v1::Epoch> Train(const v1::Lease& lease) {
    Begin();
    coordinator_.ExpectHello();
    coordinator_.SendLease(lease);
    EXPECT_EQ(coordinator_.ExpectOutcome().kind(), v1::Outcome::COMPLETED);
    worker_->Drain();
    EXPECT_TRUE(Result().ok());
    thread_.join();
    return Reported(IdOf(lease));
  }
  static std::vector<std::string> WithoutSeconds(std::vector<v1::Epoch> epochs) {
    for (v1::Epoch& epoch : epochs) {
      epoch.clear_seconds();
      epoch.clear_samples_per_second();
    }
    return Texts(std::move(epochs));
  }
  static std::vector<v1::Epoch> First(const std::vector<v1::Epoch>& curve, std::size_t epochs) {
    return {curve.begin(), curve.begin() + static_cast<std::ptrdiff_t>(epochs)};
  }
};

TEST_F(CheckpointCourierTest, ADrainedWorkersTrialGoesOnInAnotherMachine) {
  const std::vector<v1::Epoch> before = TrainAndDrain(MovingLease(kForEver), 5);
  ASSERT_TRUE(coordinator_.PutOf(1).has_value());
  EXPECT_EQ(coordinator_.PutOf(1)->epochs(), static_cast<std::int64_t>(before.size()));
  EXPECT_FALSE(coordinator_.outcome_before_put());
  MoveTo("two");
  const auto more = static_cast<std::int64_t>(before.size()) + 5;
  const std::vector<v1::Epoch> after = Train(MovingLease(more, 2));
  ASSERT_EQ(std::ssize(after), more);
  EXPECT_EQ(Texts(First(after, before.size())), Texts(before));
  // Never stopped, in a third.
  MoveTo("three");
  v1::Lease straight = MovingLease(more, 3);
  straight.mutable_checkpoint();  // none is told of
  EXPECT_EQ(WithoutSeconds(Train(straight)), WithoutSeconds(after));
}

TEST_F(CheckpointCourierTest, TheFartherOfBothIsGoneOnFrom) {
  TrainAndDrain(MovingLease(kForEver), 5);
  MoveTo("two");
  const std::vector<v1::Epoch> farther = TrainAndDrain(MovingLease(kForEver, 2), 50);
  // The first machine has an older one of its own.
  MoveTo("one");
  const std::vector<v1::Epoch> back = TrainAndDrain(MovingLease(kForEver, 3), std::ssize(farther) + 1);
  EXPECT_EQ(Texts(First(back, farther.size())), Texts(farther));
  // And by now the newest, which is as good as the coordinator's.
  coordinator_.RefuseCheckpoints({grpc::INTERNAL, "not now"});
  const std::vector<v1::Epoch> own = TrainAndDrain(MovingLease(kForEver, 4), std::ssize(back) + 1);
  EXPECT_EQ(Texts(First(own, back.size())), Texts(back));
}

TEST_F(CheckpointCourierTest, WhatIsOfNoUseCostsNoBit) {
  const std::vector<v1::Epoch> before = TrainAndDrain(MovingLease(kForEver), 20);
  const auto epochs = static_cast<std::int64_t>(before.size());
  int machine = 0;
  const auto begins_anew = [&](v1::Lease lease) {
    MoveTo("machine-" + std::to_string(++machine));
    const std::vector<v1::Epoch> again = Train(lease);
    EXPECT_NE(Texts(again), Texts(before));
    EXPECT_EQ(WithoutSeconds(again), WithoutSeconds(before));
    for (const auto& entry : fs::recursive_directory_iterator(options_.checkpoints)) {
      EXPECT_EQ(entry.path().string().find("aside"), std::string::npos) << entry.path();
    }
  };
  v1::Lease lease = MovingLease(epochs, 2);
  *lease.mutable_checkpoint() = *coordinator_.PutOf(1);
  lease.mutable_checkpoint()->set_key(std::string(32, '0'));  // of another training
  begins_anew(lease);
  coordinator_.DamageCheckpoint(1);
  begins_anew(MovingLease(epochs, 3));
  coordinator_.RefuseCheckpoints({grpc::NOT_FOUND, "gone by now"});
  begins_anew(MovingLease(epochs, 4));
}

TEST_F(CheckpointCourierTest, OneIsPutNowAndThenBehindTheTrainingsBack) {
  options_.puts_every = std::chrono::milliseconds(1);
  Begin();
  coordinator_.ExpectHello();
  coordinator_.SendLease(MovingLease(kForEver));
  coordinator_.AwaitPuts(1);
  const std::int64_t steps = coordinator_.PutOf(1)->steps();
  coordinator_.AwaitPuts(3);
  EXPECT_GT(coordinator_.PutOf(1)->steps(), steps);
}

TEST_F(CheckpointCourierTest, ATrialThatIsSoonDoneIsNotPut) {
  options_.puts_every = std::chrono::hours(1);  // whatever the machine is busy with
  Train(MovingLease(300));
  EXPECT_EQ(coordinator_.puts(), 0);
}

TEST_F(CheckpointCourierTest, AServerThatDoesNotKnowItIsAskedOnce) {
  coordinator_.RefuseCheckpoints({grpc::UNIMPLEMENTED, "what is that?"});
  options_.puts_every = std::chrono::milliseconds(1);
  TrainAndDrain(MovingLease(kForEver), 300);
  EXPECT_EQ(coordinator_.puts(), 1);
}

TEST_F(CheckpointCourierTest, WhereNoneAreWrittenNoneArePut) {
  options_.checkpoints.clear();
  TrainAndDrain(MovingLease(kForEver), 5);
  EXPECT_EQ(coordinator_.puts(), 0);
}

TEST_F(CheckpointCourierTest, NoneArePutWhereTheServerIsHere) {
  options_.puts_checkpoints = false;
  TrainAndDrain(MovingLease(kForEver), 5);
  EXPECT_EQ(coordinator_.puts(), 0);
}

TEST_F(CheckpointCourierTest, AStopWaitsForNoCheckpoint) {
  coordinator_.HoldCheckpoints();
  Begin();
  coordinator_.ExpectHello();
  coordinator_.SendLease(MovingLease(kForEver));
  coordinator_.ExpectEpoch(Id(1), 5);
  worker_->Drain();
  coordinator_.AwaitPuts(1);
  const auto begun = std::chrono::steady_clock::now();
  worker_->Stop();
  EXPECT_EQ(coordinator_.ExpectOutcome().kind(), v1::Outcome::RETURNED);
  EXPECT_TRUE(Result().ok());
  EXPECT_LT(std::chrono::steady_clock::now() - begun, std::chrono::seconds(4));  // an upload has five
}

TEST_F(CheckpointCourierTest, AServerThatIsFullIsAskedAgain) {
  coordinator_.RefuseCheckpoints({grpc::RESOURCE_EXHAUSTED, "too many; try again"});
  Begin();
  coordinator_.ExpectHello();
  coordinator_.SendLease(MovingLease(kForEver));
  coordinator_.ExpectEpoch(Id(1), 5);
  worker_->Drain();
  coordinator_.AwaitPuts(2);
  coordinator_.RefuseCheckpoints(grpc::Status::OK);
  EXPECT_EQ(coordinator_.ExpectOutcome().kind(), v1::Outcome::RETURNED);
  EXPECT_TRUE(coordinator_.PutOf(1).has_value());
}

}  // namespace
}  // namespace hpsearch::agent
