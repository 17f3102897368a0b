// The connection's life, its deadlines and its end, as the session sees them. Time is in the arguments.
#include "worker/agent/worker_state.h"

#include <gtest/gtest.h>

#include <string>
#include <thread>

namespace hpsearch::agent {
namespace {

using std::chrono::steady_clock;
using Turn = WorkerState::Turn;

constexpr std::chrono::seconds kNone{0};
constexpr std::chrono::minutes kLong{1};

LeaseId Id(std::int64_t trial) { return {"study", trial, 1}; }

class WorkerStateTest : public ::testing::Test {
 protected:
  // A session that is welcomed, with the hello behind it.
  void Connect(WorkerState::Duration close = kLong, WorkerState::Duration heartbeat = kLong) {
    held_ = state_.Connecting(kLong, close);
    state_.Written();
    state_.Welcomed(heartbeat);
  }
  v1::WorkerMessage Next() {
    v1::WorkerMessage message;
    EXPECT_EQ(state_.Next(&message), Turn::kMessage);
    state_.Written();
    return message;
  }

  WorkerState state_{2};
  std::vector<LeaseId> held_;
  v1::WorkerMessage unused_;
};

TEST_F(WorkerStateTest, AServerThatDoesNotWelcomeInTimeIsCutOff) {
  state_.Connecting(kNone, kLong);
  EXPECT_FALSE(state_.WaitLost());
  state_.Lost();
  EXPECT_TRUE(state_.WaitLost());
  EXPECT_EQ(state_.Next(&unused_), Turn::kLost);
  state_.Connecting(kLong, kLong);  // the next one has a time of its own
  state_.Lost();
  EXPECT_TRUE(state_.WaitLost());
}

TEST_F(WorkerStateTest, ItBeatsInALeasesTermWhileItHasOne) {
  Connect(kLong, kLong);
  EXPECT_EQ(Next().ready().slots(), 2);
  EXPECT_FALSE(state_.More(&unused_));
  EXPECT_TRUE(state_.Accept(Id(1), kNone));
  EXPECT_TRUE(Next().has_heartbeat());
  EXPECT_TRUE(Next().has_heartbeat());
  EXPECT_TRUE(state_.Accept(Id(2), kLong));  // the shorter counts
  EXPECT_TRUE(Next().has_heartbeat());
  state_.Revoked(Id(1));
  EXPECT_TRUE(Next().has_heartbeat());  // it was due by then
  EXPECT_FALSE(state_.More(&unused_));
}

TEST_F(WorkerStateTest, WhatWaitsToo) {
  Connect();
  EXPECT_TRUE(state_.Accept(Id(1), kLong));
  state_.Report(Id(1), v1::Epoch());
  state_.Finish(Id(1), v1::Outcome::COMPLETED, "");
  v1::WorkerMessage message;
  ASSERT_EQ(state_.Next(&message), Turn::kMessage);
  EXPECT_TRUE(message.has_reports());
  ASSERT_TRUE(state_.More(&message));
  EXPECT_TRUE(message.has_outcome());
  ASSERT_TRUE(state_.More(&message));
  EXPECT_EQ(message.ready().slots(), 2);
  EXPECT_FALSE(state_.More(&message));  // no heartbeat before it is due
  // Nothing is added for a session that is over.
  EXPECT_TRUE(state_.Accept(Id(2), kLong));
  state_.Report(Id(2), v1::Epoch());
  state_.Lost();
  EXPECT_FALSE(state_.More(&message));
}

TEST_F(WorkerStateTest, ItSpeaksBeforeItsHeartbeatIsDue) {
  Connect(kLong, kNone);
  EXPECT_EQ(Next().ready().slots(), 2);
  EXPECT_TRUE(Next().has_heartbeat());
}

TEST_F(WorkerStateTest, ALeaseThatIsHeldAlreadyIsNotTakenTwice) {
  Connect();
  EXPECT_TRUE(state_.Accept(Id(1), kLong));
  EXPECT_FALSE(state_.Accept(Id(1), kLong));
  EXPECT_TRUE(state_.Accept(Id(2), kLong));  // its slot is still there
  EXPECT_FALSE(state_.Accept(Id(3), kLong));
  EXPECT_EQ(Next().outcome().kind(), v1::Outcome::RETURNED);
}

TEST_F(WorkerStateTest, IdleAndDrainedItStaysUntilThatIsAnswered) {
  Connect();
  state_.Drain();
  EXPECT_TRUE(Next().has_drain());
  // A lease that was under way: without the answer the turn before would have been the last.
  EXPECT_FALSE(state_.Accept(Id(1), kLong));
  EXPECT_EQ(Next().outcome().kind(), v1::Outcome::RETURNED);
  state_.Drained();
  state_.OutcomeStored(Id(1));
  EXPECT_EQ(state_.Next(&unused_), Turn::kFinished);
}

TEST_F(WorkerStateTest, AnotherConnectionIsDrainedAnew) {
  Connect();
  state_.Drain();
  EXPECT_TRUE(Next().has_drain());
  state_.Drained();
  EXPECT_FALSE(state_.Accept(Id(1), kLong));
  Connect();
  ASSERT_EQ(held_.size(), 1u);
  EXPECT_TRUE(Next().has_drain());
  EXPECT_TRUE(Next().has_outcome());
  state_.OutcomeStored(Id(1));
  std::thread answer([this] { state_.Drained(); });
  EXPECT_EQ(state_.Next(&unused_), Turn::kFinished);
  answer.join();
}

TEST_F(WorkerStateTest, AServerThatDoesNotCloseInTimeIsCutOff) {
  Connect(kNone);
  state_.Drain();
  Next();
  state_.Drained();
  EXPECT_EQ(state_.Next(&unused_), Turn::kFinished);
  EXPECT_FALSE(state_.WaitLost());
}

TEST_F(WorkerStateTest, ThroughBeforeItIsWelcomedThereIsNobodyToWaitFor) {
  state_.Connecting(kLong, kLong);
  state_.Drain();
  EXPECT_FALSE(state_.WaitLost());
}

TEST_F(WorkerStateTest, StoppedItIsCutOffWhenItsTimeIsUp) {
  Connect();
  EXPECT_TRUE(state_.Accept(Id(1), kLong));
  EXPECT_FALSE(state_.ending());
  state_.Stop(steady_clock::now());
  state_.Stop(steady_clock::now() + kLong);  // the first word stands
  EXPECT_TRUE(state_.ending());
  EXPECT_FALSE(state_.WaitLost());
  EXPECT_TRUE(state_.WaitFinished(steady_clock::now() + kLong));
}

TEST_F(WorkerStateTest, WithChangedOffersItSaysNothingMoreUntilItConnectsAnew) {
  Connect();
  EXPECT_TRUE(state_.Accept(Id(1), kLong));
  state_.OffersChanged();
  state_.Finish(Id(1), v1::Outcome::RETURNED, "the set is another");
  EXPECT_FALSE(state_.WaitLost());
  EXPECT_EQ(state_.Next(&unused_), Turn::kLost);
  EXPECT_TRUE(state_.TakeOffersChanged());
  EXPECT_FALSE(state_.TakeOffersChanged());
  Connect();
  ASSERT_EQ(held_.size(), 1u);
  EXPECT_EQ(held_[0], Id(1));
  EXPECT_EQ(Next().outcome().reason(), "the set is another");
}

}  // namespace
}  // namespace hpsearch::agent
