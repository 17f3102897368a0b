#include "server/rpc/worker_session.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <future>
#include <optional>
#include <string>

#include "tests/server/rpc/fake_worker.h"
#include "tests/server/rpc/served.h"

namespace hpsearch::rpc {
namespace {

using testing::ErrorOf;
using testing::FakeWorker;
using ::testing::HasSubstr;
using testing::HelloOf;
using testing::Served;
using testing::SmallStudy;

class WorkerSessionTest : public ::testing::Test {
 protected:
  // The next lease of study "s", which is created where it is not there.
  v1::Lease LeaseTo(FakeWorker& worker, const v1::Hello& hello = HelloOf("w")) {
    served_.Create(SmallStudy("s"));
    worker.Greet(hello);
    worker.Ready(1);
    const std::optional<v1::Lease> lease = worker.ReceiveLease();
    EXPECT_TRUE(lease.has_value());
    return lease.value_or(v1::Lease());
  }

  Served served_;
};

TEST_F(WorkerSessionTest, RunsAStudyOfTwoRounds) {
  served_.Create(SmallStudy("s", 2));
  FakeWorker worker(served_.channel());
  worker.Greet(HelloOf("w"));
  std::future<void> work = std::async(std::launch::async, [&] { worker.Work(); });
  const v1::Study study = served_.AwaitEnd("s");
  worker.Leave();
  work.wait();
  EXPECT_EQ(study.state(), v1::STUDY_STATE_COMPLETED) << study.reason();
  EXPECT_EQ(study.rounds(), 2);
  EXPECT_EQ(study.numerics_digest(), "digest");
  EXPECT_EQ(study.data_hash(), "0123456789abcdef");
  ASSERT_EQ(study.trial_counts_size(), 1);
  EXPECT_EQ(study.trial_counts(0).trials(), study.planned_trials());
  // A point that comes again in the second round is taken over, not leased.
  EXPECT_LT(worker.seen().leases, study.planned_trials());
  EXPECT_EQ(worker.seen().outcomes_stored, worker.seen().leases);
  EXPECT_EQ(worker.seen().revoked, 0);
  EXPECT_EQ(study.stored_epochs(), 2 * study.planned_trials());
}

TEST_F(WorkerSessionTest, AcknowledgesWhatIsStoredAndTakesItTwice) {
  FakeWorker worker(served_.channel());
  const v1::Lease lease = LeaseTo(worker);
  EXPECT_EQ(lease.trial(), 1);
  EXPECT_EQ(lease.attempt(), 1);
  EXPECT_EQ(lease.epochs(), 2);
  EXPECT_EQ(lease.dataset().name().value(), "tiny-set");
  EXPECT_EQ(lease.model(1).dense().units().value(), 3);
  EXPECT_DOUBLE_EQ(lease.training().optimizer().sgd().learning_rate().value(), 0.01);
  for (int i = 0; i < 2; ++i) {
    worker.Report(lease, 1, 0.5);
    const std::optional<v1::CoordinatorMessage> stored = worker.Receive();
    ASSERT_TRUE(stored && stored->has_epochs_stored());
    EXPECT_EQ(stored->epochs_stored().trial(), 1);
    EXPECT_EQ(stored->epochs_stored().epoch(), 1);
  }
  worker.Report(lease, 2, 0.4);
  ASSERT_TRUE(worker.Receive()->has_epochs_stored());
  for (int i = 0; i < 2; ++i) {
    worker.Finish(lease, v1::Outcome::COMPLETED);
    const std::optional<v1::CoordinatorMessage> stored = worker.Receive();
    ASSERT_TRUE(stored && stored->has_outcome_stored()) << i;
  }
  v1::GetTrialRequest get;
  get.set_name("studies/s/trials/1");
  v1::Trial trial;
  ASSERT_TRUE(served_.studies().GetTrial(testing::Context().get(), get, &trial).ok());
  EXPECT_EQ(trial.state(), v1::TRIAL_STATE_COMPLETED);
  EXPECT_DOUBLE_EQ(trial.objective(), 0.4);
  EXPECT_EQ(trial.worker(), "w");
}

// A whole trial and the word that its slot is free, in one message.
TEST_F(WorkerSessionTest, WhatComesTogetherCountsAsIfItCameOneByOne) {
  FakeWorker worker(served_.channel());
  const v1::Lease lease = LeaseTo(worker);
  v1::WorkerMessage message;
  v1::WorkerMessages* several = message.mutable_several();
  for (int epoch = 1; epoch <= 2; ++epoch) {
    *several->add_messages() = FakeWorker::ReportOf(lease, epoch, 0.5);
  }
  *several->add_messages() = FakeWorker::OutcomeOf(lease, v1::Outcome::COMPLETED);
  several->add_messages()->mutable_ready()->set_slots(1);
  worker.Send(message);
  const std::optional<v1::Lease> next = worker.ReceiveLease();
  ASSERT_TRUE(next.has_value());
  EXPECT_EQ(next->trial(), 2);
  // What was said before the lease stands before it.
  EXPECT_EQ(worker.seen().epochs_stored, 2);
  EXPECT_EQ(worker.seen().outcomes_stored, 1);
  v1::WorkerMessage nested;
  *nested.mutable_several()->add_messages() = message;
  worker.Send(nested);
  EXPECT_FALSE(worker.Receive().has_value());
  EXPECT_EQ(worker.End().error_code(), grpc::StatusCode::INVALID_ARGUMENT);
}

TEST_F(WorkerSessionTest, RevokesAStaleAttempt) {
  FakeWorker worker(served_.channel());
  v1::Lease lease = LeaseTo(worker);
  lease.set_attempt(lease.attempt() + 1);
  worker.Report(lease, 1, 0.5);
  const std::optional<v1::CoordinatorMessage> message = worker.Receive();
  ASSERT_TRUE(message && message->has_revoked());
  EXPECT_EQ(message->revoked().trial(), lease.trial());
  EXPECT_EQ(message->revoked().attempt(), lease.attempt());
  EXPECT_NE(message->revoked().reason(), "");
}

TEST_F(WorkerSessionTest, CancellingAStudyRevokesItsLeases) {
  FakeWorker worker(served_.channel());
  LeaseTo(worker);
  v1::ChangeStudyRequest request;
  request.set_name("studies/s");
  request.set_request_id("cancel");
  v1::Study study;
  ASSERT_TRUE(served_.studies().CancelStudy(testing::Context().get(), request, &study).ok());
  EXPECT_EQ(study.state(), v1::STUDY_STATE_CANCELLED);
  const std::optional<v1::CoordinatorMessage> message = worker.Receive();
  ASSERT_TRUE(message && message->has_revoked());
}

TEST_F(WorkerSessionTest, TheHelloComesFirstAndOnce) {
  FakeWorker hasty(served_.channel());
  hasty.Ready(1);
  EXPECT_EQ(hasty.End().error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  FakeWorker twice(served_.channel());
  twice.Greet(HelloOf("w"));
  v1::WorkerMessage again;
  *again.mutable_hello() = HelloOf("w");
  twice.Send(again);
  EXPECT_FALSE(twice.Receive().has_value());
  EXPECT_EQ(twice.End().error_code(), grpc::StatusCode::INVALID_ARGUMENT);
}

// It is said with what was to be said before it: here the welcome, and then that the hello is refused.
TEST_F(WorkerSessionTest, TheEndComesBehindWhatWasSaidBefore) {
  FakeWorker worker(served_.channel());
  v1::WorkerMessage hello;
  *hello.mutable_hello() = HelloOf("w", "instance", /*slots=*/0);
  worker.Send(hello);
  const std::optional<v1::CoordinatorMessage> welcome = worker.Receive();
  EXPECT_TRUE(welcome && welcome->has_welcome());
  EXPECT_FALSE(worker.Receive().has_value());
  EXPECT_EQ(worker.End().error_code(), grpc::StatusCode::INVALID_ARGUMENT);
}

TEST_F(WorkerSessionTest, AnsweredInPlainWordsWhatItCannotTake) {
  FakeWorker worker(served_.channel());
  v1::WorkerMessage message;
  *message.mutable_hello() = HelloOf("w", "i", 5000);
  worker.Send(message);
  const grpc::Status status = worker.End();
  EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_THAT(status.error_message(), HasSubstr("hello.slots: 5000"));
}

TEST_F(WorkerSessionTest, AnotherProcessOfTheNameTakesItAndItsTrialsRunAgain) {
  FakeWorker first(served_.channel());
  ASSERT_EQ(LeaseTo(first, HelloOf("w", "first")).attempt(), 1);
  FakeWorker second(served_.channel());
  second.Greet(HelloOf("w", "second"));
  EXPECT_FALSE(first.Receive().has_value());
  EXPECT_FALSE(first.End().ok());
  second.Ready(1);
  const std::optional<v1::Lease> lease = second.ReceiveLease();
  ASSERT_TRUE(lease.has_value());
  EXPECT_EQ(lease->trial(), 1);
  EXPECT_EQ(lease->attempt(), 2);
}

TEST_F(WorkerSessionTest, AnswersADrain) {
  served_.Create(SmallStudy("s"));
  FakeWorker worker(served_.channel());
  worker.Greet(HelloOf("w"));
  worker.Ready(1);
  v1::WorkerMessage drain;
  drain.mutable_drain();
  worker.Send(drain);
  ASSERT_TRUE(worker.ReceiveLease().has_value());
  const std::optional<v1::CoordinatorMessage> message = worker.Receive();
  ASSERT_TRUE(message && message->has_drained());
}

TEST_F(WorkerSessionTest, AReportThatMakesNoSenseEndsTheSession) {
  FakeWorker worker(served_.channel());
  const v1::Lease lease = LeaseTo(worker);
  v1::WorkerMessage message;
  v1::EpochReport* report = message.mutable_reports()->add_reports();
  report->set_study(lease.study());
  report->set_trial(lease.trial());
  report->set_attempt(lease.attempt());
  report->add_epochs()->set_epoch(1);
  report->add_epochs()->set_epoch(3);
  worker.Send(message);
  EXPECT_FALSE(worker.Receive().has_value());
  const grpc::Status status = worker.End();
  EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_THAT(status.error_message(), HasSubstr("epoch 3"));
}

// It asks on and on, and takes no answer.
TEST(WorkerSessionLimits, AWorkerThatDoesNotReadIsCancelled) {
  Served served(/*listen=*/true, {.unsent_messages = 4});
  FakeWorker worker(served.channel());
  worker.Greet(HelloOf("w"));
  v1::WorkerMessage stale;
  stale.mutable_reports()->add_reports()->set_study(std::string(63, 's'));
  while (worker.Send(stale)) {
  }
  EXPECT_EQ(worker.End().error_code(), grpc::StatusCode::CANCELLED);
  // Nothing of it is left that a stop would have to wait for.
  served.server().Stop();
}

// The end of a stream ends no lease: the same process goes on with it.
TEST_F(WorkerSessionTest, ALeaseOutlivesItsSessionAndTheServer) {
  v1::Lease lease;
  {
    FakeWorker before(served_.channel());
    lease = LeaseTo(before);
    before.Report(lease, 1, 0.5);
    ASSERT_TRUE(before.Receive()->has_epochs_stored());
  }
  served_.Restart();
  FakeWorker after(served_.channel());
  v1::Hello hello = HelloOf("w");
  v1::HeldLease* held = hello.add_held();
  held->set_study(lease.study());
  held->set_trial(lease.trial());
  held->set_attempt(lease.attempt());
  after.Greet(hello);
  after.Report(lease, 2, 0.4);
  const std::optional<v1::CoordinatorMessage> stored = after.Receive();
  ASSERT_TRUE(stored && stored->has_epochs_stored());
  EXPECT_EQ(stored->epochs_stored().epoch(), 2);
  after.Finish(lease, v1::Outcome::COMPLETED);
  EXPECT_TRUE(after.Receive()->has_outcome_stored());
}

TEST_F(WorkerSessionTest, ManyWorkersShareAStudy) {
  served_.Create(SmallStudy("s", 3));
  std::vector<std::unique_ptr<FakeWorker>> workers;
  std::vector<std::future<void>> work;
  for (int i = 0; i < 4; ++i) {
    workers.push_back(std::make_unique<FakeWorker>(served_.channel()));
    workers.back()->Greet(HelloOf(fmt::format("w{}", i)));
    work.push_back(std::async(std::launch::async, [worker = workers.back().get()] { worker->Work(); }));
  }
  const v1::Study study = served_.AwaitEnd("s");
  for (const auto& worker : workers) worker->Leave();
  for (std::future<void>& each : work) each.wait();
  EXPECT_EQ(study.state(), v1::STUDY_STATE_COMPLETED) << study.reason();
  EXPECT_EQ(study.stored_epochs(), 2 * study.planned_trials());
  v1::GetTrialRequest get;
  get.set_name("studies/s/trials/best");
  v1::Trial best;
  ASSERT_TRUE(served_.studies().GetTrial(testing::Context().get(), get, &best).ok());
  EXPECT_EQ(best.trial(), 3);
}

}  // namespace
}  // namespace hpsearch::rpc
