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

TEST(WorkerSessionTest, RunsAStudyOfTwoRounds) {
  Served served;
  served.Create(SmallStudy("s", 2));
  FakeWorker worker(served.channel());
  worker.Greet(HelloOf("w"));
  std::future<void> work = std::async(std::launch::async, [&] { worker.Work(); });
  const v1::Study study = served.AwaitEnd("s");
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

TEST(WorkerSessionTest, AcknowledgesWhatIsStoredAndTakesItTwice) {
  Served served;
  served.Create(SmallStudy("s"));
  FakeWorker worker(served.channel());
  worker.Greet(HelloOf("w"));
  worker.Ready(1);
  const std::optional<v1::Lease> lease = worker.ReceiveLease();
  ASSERT_TRUE(lease.has_value());
  EXPECT_EQ(lease->trial(), 1);
  EXPECT_EQ(lease->attempt(), 1);
  EXPECT_EQ(lease->epochs(), 2);
  EXPECT_EQ(lease->dataset().name().value(), "tiny-set");
  EXPECT_EQ(lease->model(1).dense().units().value(), 3);
  EXPECT_DOUBLE_EQ(lease->training().optimizer().sgd().learning_rate().value(), 0.01);
  for (int i = 0; i < 2; ++i) {
    worker.Report(*lease, 1, 0.5);
    const std::optional<v1::CoordinatorMessage> stored = worker.Receive();
    ASSERT_TRUE(stored && stored->has_epochs_stored());
    EXPECT_EQ(stored->epochs_stored().trial(), 1);
    EXPECT_EQ(stored->epochs_stored().epoch(), 1);
  }
  worker.Report(*lease, 2, 0.4);
  ASSERT_TRUE(worker.Receive()->has_epochs_stored());
  for (int i = 0; i < 2; ++i) {
    worker.Finish(*lease, v1::Outcome::COMPLETED);
    const std::optional<v1::CoordinatorMessage> stored = worker.Receive();
    ASSERT_TRUE(stored && stored->has_outcome_stored()) << i;
  }
  v1::GetTrialRequest get;
  get.set_name("studies/s/trials/1");
  v1::Trial trial;
  ASSERT_TRUE(served.studies().GetTrial(testing::Context().get(), get, &trial).ok());
  EXPECT_EQ(trial.state(), v1::TRIAL_STATE_COMPLETED);
  EXPECT_DOUBLE_EQ(trial.objective(), 0.4);
  EXPECT_EQ(trial.worker(), "w");
}

TEST(WorkerSessionTest, RevokesAStaleAttempt) {
  Served served;
  served.Create(SmallStudy("s"));
  FakeWorker worker(served.channel());
  worker.Greet(HelloOf("w"));
  worker.Ready(1);
  std::optional<v1::Lease> lease = worker.ReceiveLease();
  ASSERT_TRUE(lease.has_value());
  lease->set_attempt(lease->attempt() + 1);
  worker.Report(*lease, 1, 0.5);
  const std::optional<v1::CoordinatorMessage> message = worker.Receive();
  ASSERT_TRUE(message && message->has_revoked());
  EXPECT_EQ(message->revoked().trial(), lease->trial());
  EXPECT_EQ(message->revoked().attempt(), lease->attempt());
  EXPECT_NE(message->revoked().reason(), "");
}

TEST(WorkerSessionTest, CancellingAStudyRevokesItsLeases) {
  Served served;
  served.Create(SmallStudy("s"));
  FakeWorker worker(served.channel());
  worker.Greet(HelloOf("w"));
  worker.Ready(1);
  ASSERT_TRUE(worker.ReceiveLease().has_value());
  v1::ChangeStudyRequest request;
  request.set_name("studies/s");
  request.set_request_id("cancel");
  v1::Study study;
  ASSERT_TRUE(served.studies().CancelStudy(testing::Context().get(), request, &study).ok());
  EXPECT_EQ(study.state(), v1::STUDY_STATE_CANCELLED);
  const std::optional<v1::CoordinatorMessage> message = worker.Receive();
  ASSERT_TRUE(message && message->has_revoked());
}

TEST(WorkerSessionTest, TheHelloComesFirstAndOnce) {
  Served served;
  FakeWorker hasty(served.channel());
  hasty.Ready(1);
  EXPECT_EQ(hasty.End().error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  FakeWorker twice(served.channel());
  twice.Greet(HelloOf("w"));
  v1::WorkerMessage again;
  *again.mutable_hello() = HelloOf("w");
  twice.Send(again);
  EXPECT_FALSE(twice.Receive().has_value());
  EXPECT_EQ(twice.End().error_code(), grpc::StatusCode::INVALID_ARGUMENT);
}

TEST(WorkerSessionTest, AnsweredInPlainWordsWhatItCannotTake) {
  Served served;
  FakeWorker worker(served.channel());
  v1::WorkerMessage message;
  *message.mutable_hello() = HelloOf("w", "i", 5000);
  worker.Send(message);
  const grpc::Status status = worker.End();
  EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_THAT(status.error_message(), HasSubstr("hello.slots: 5000"));
}

TEST(WorkerSessionTest, AnotherProcessOfTheNameTakesItAndItsTrialsRunAgain) {
  Served served;
  served.Create(SmallStudy("s"));
  FakeWorker first(served.channel());
  first.Greet(HelloOf("w", "first"));
  first.Ready(1);
  ASSERT_EQ(first.ReceiveLease()->attempt(), 1);
  FakeWorker second(served.channel());
  second.Greet(HelloOf("w", "second"));
  EXPECT_FALSE(first.Receive().has_value());
  EXPECT_FALSE(first.End().ok());
  second.Ready(1);
  const std::optional<v1::Lease> lease = second.ReceiveLease();
  ASSERT_TRUE(lease.has_value());
  EXPECT_EQ(lease->trial(), 1);
  EXPECT_EQ(lease->attempt(), 2);
}

TEST(WorkerSessionTest, AnswersADrain) {
  Served served;
  served.Create(SmallStudy("s"));
  FakeWorker worker(served.channel());
  worker.Greet(HelloOf("w"));
  worker.Ready(1);
  v1::WorkerMessage drain;
  drain.mutable_drain();
  worker.Send(drain);
  ASSERT_TRUE(worker.ReceiveLease().has_value());
  const std::optional<v1::CoordinatorMessage> message = worker.Receive();
  ASSERT_TRUE(message && message->has_drained());
}

// The end of a stream ends no lease: the same process goes on with it.
TEST(WorkerSessionTest, ALeaseOutlivesItsSessionAndTheServer) {
  Served served;
  served.Create(SmallStudy("s"));
  std::optional<v1::Lease> lease;
  {
    FakeWorker before(served.channel());
    before.Greet(HelloOf("w"));
    before.Ready(1);
    lease = before.ReceiveLease();
    ASSERT_TRUE(lease.has_value());
    before.Report(*lease, 1, 0.5);
    ASSERT_TRUE(before.Receive()->has_epochs_stored());
  }
  served.Restart();
  FakeWorker after(served.channel());
  v1::Hello hello = HelloOf("w");
  v1::HeldLease* held = hello.add_held();
  held->set_study(lease->study());
  held->set_trial(lease->trial());
  held->set_attempt(lease->attempt());
  after.Greet(hello);
  after.Report(*lease, 2, 0.4);
  const std::optional<v1::CoordinatorMessage> stored = after.Receive();
  ASSERT_TRUE(stored && stored->has_epochs_stored());
  EXPECT_EQ(stored->epochs_stored().epoch(), 2);
  after.Finish(*lease, v1::Outcome::COMPLETED);
  EXPECT_TRUE(after.Receive()->has_outcome_stored());
}

TEST(WorkerSessionTest, ManyWorkersShareAStudy) {
  Served served;
  served.Create(SmallStudy("s", 3));
  std::vector<std::unique_ptr<FakeWorker>> workers;
  std::vector<std::future<void>> work;
  for (int i = 0; i < 4; ++i) {
    workers.push_back(std::make_unique<FakeWorker>(served.channel()));
    workers.back()->Greet(HelloOf(fmt::format("w{}", i)));
    work.push_back(std::async(std::launch::async, [worker = workers.back().get()] { worker->Work(); }));
  }
  const v1::Study study = served.AwaitEnd("s");
  for (const auto& worker : workers) worker->Leave();
  for (std::future<void>& each : work) each.wait();
  EXPECT_EQ(study.state(), v1::STUDY_STATE_COMPLETED) << study.reason();
  EXPECT_EQ(study.stored_epochs(), 2 * study.planned_trials());
  v1::GetTrialRequest get;
  get.set_name("studies/s/trials/best");
  v1::Trial best;
  ASSERT_TRUE(served.studies().GetTrial(testing::Context().get(), get, &best).ok());
  EXPECT_EQ(best.trial(), 3);
}

}  // namespace
}  // namespace hpsearch::rpc
