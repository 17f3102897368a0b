#include "worker/agent/slots.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <latch>
#include <new>
#include <set>

namespace hpsearch::agent {
namespace {

using std::chrono::steady_clock;

v1::Lease LeaseOf(std::int64_t trial) {
  v1::Lease lease;
  SetId({"study", trial, 1}, &lease);
  return lease;
}

// The state as a session sees it once it is welcomed: what the slots have told, as one message after another.
class SlotsTest : public ::testing::Test {
 protected:
  void Begin(std::int64_t slots, TrainLease train) {
    state_.emplace(slots);
    slots_.emplace(slots, std::move(train), *state_);
    state_->Connecting(std::chrono::minutes(1), std::chrono::minutes(1));
    state_->Welcomed(std::chrono::minutes(1));
  }
  void Submit(std::int64_t trial) {
    ASSERT_TRUE(state_->Accept({"study", trial, 1}, std::chrono::minutes(1)));
    slots_->Submit(LeaseOf(trial));
  }
  v1::WorkerMessage Next() {
    v1::WorkerMessage message;
    state_->Written();
    EXPECT_EQ(state_->Next(&message), WorkerState::Turn::kMessage);
    return message;
  }
  v1::Outcome NextOutcome() {
    v1::WorkerMessage message = Next();
    while (!message.has_outcome()) message = Next();
    return message.outcome();
  }

  std::optional<WorkerState> state_;
  std::optional<Slots> slots_;
};

TEST_F(SlotsTest, TrainSideBySideOnThreadsThatWereMadeReady) {
  static thread_local bool ready = false;
  std::latch both(2);
  Begin(2, [&](const v1::Lease&, const std::atomic<bool>&, const auto& report) -> TrialEnd {
    both.arrive_and_wait();  // returns only if two train at once
    report(v1::Epoch());
    return {ready ? v1::Outcome::COMPLETED : v1::Outcome::FAILED, ""};
  });
  slots_->Start([] { ready = true; });
  Submit(1);
  Submit(2);
  std::set<std::int64_t> trials;
  for (int i = 0; i < 2; ++i) {
    const v1::Outcome outcome = NextOutcome();
    EXPECT_EQ(outcome.kind(), v1::Outcome::COMPLETED);
    trials.insert(outcome.trial());
  }
  EXPECT_EQ(trials.size(), 2u);
}

TEST_F(SlotsTest, AnExceptionFailsItsTrialAlone) {
  Begin(1, [](const v1::Lease& lease, const std::atomic<bool>&, const auto&) -> TrialEnd {
    if (lease.trial() == 1) throw std::bad_alloc();
    return {v1::Outcome::COMPLETED, ""};
  });
  slots_->Start([] {});
  EXPECT_EQ(Next().ready().slots(), 1);
  Submit(1);
  const v1::Outcome failed = NextOutcome();
  EXPECT_EQ(failed.kind(), v1::Outcome::FAILED);
  EXPECT_EQ(failed.reason(), "std::bad_alloc");
  EXPECT_EQ(Next().ready().slots(), 1);
  Submit(2);
  EXPECT_EQ(NextOutcome().kind(), v1::Outcome::COMPLETED);
}

TEST_F(SlotsTest, CancelReachesATrialThatTrainsAndCancelAllThoseToCome) {
  Begin(1, [](const v1::Lease&, const std::atomic<bool>& cancelled, const auto&) -> TrialEnd {
    while (!cancelled.load()) std::this_thread::yield();  // as a trainer looks, step by step
    return {v1::Outcome::RETURNED, ""};
  });
  slots_->Start([] {});
  Submit(1);
  slots_->Cancel({"study", 1, 1});
  slots_->Cancel({"study", 9, 1});
  EXPECT_EQ(NextOutcome().trial(), 1);
  slots_->CancelAll();
  Submit(2);
  EXPECT_EQ(NextOutcome().trial(), 2);
  slots_->Close();
  slots_->Close();
}

TEST_F(SlotsTest, MayBeDestroyedUnstarted) {
  Begin(3, [](const v1::Lease&, const std::atomic<bool>&, const auto&) { return TrialEnd(); });
  slots_.reset();
}

}  // namespace
}  // namespace hpsearch::agent
