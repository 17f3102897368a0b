#include "tests/server/rpc/fake_worker.h"

#include <gtest/gtest.h>

#include <cmath>

#include "tests/server/rpc/served.h"

namespace hpsearch::testing {

v1::Hello HelloOf(const std::string& name, const std::string& instance, std::int64_t slots) {
  v1::Hello hello;
  hello.set_name(name);
  hello.set_instance(instance);
  hello.set_slots(slots);
  hello.set_numerics_digest("digest");
  v1::DatasetOffer* offer = hello.add_datasets();
  offer->set_key("tiny-set");
  offer->set_hash("0123456789abcdef");
  offer->add_sample_shape(4);
  offer->set_classes(3);
  offer->set_train_rows(60);
  offer->set_test_rows(12);
  return hello;
}

double ErrorOf(const v1::Lease& lease) {
  const double rate = lease.training().optimizer().sgd().learning_rate().value();
  return 0.1 + 0.1 * std::abs(std::log10(rate) + 1) + 0.2 * lease.model(0).dropout().rate().value();
}

FakeWorker::FakeWorker(const std::shared_ptr<grpc::Channel>& channel)
    : stub_(v1::WorkerService::NewStub(channel)), context_(Context()), stream_(stub_->Session(context_.get())) {}

FakeWorker::~FakeWorker() {
  if (ended_) return;
  Leave();
  End();
}

std::optional<v1::CoordinatorMessage> FakeWorker::Receive() {
  v1::CoordinatorMessage message;
  if (came_together_.empty()) {
    if (!stream_->Read(&message)) return std::nullopt;
    for (const v1::CoordinatorMessage& each : message.several().messages()) came_together_.push_back(each);
  }
  if (!came_together_.empty()) {
    message = std::move(came_together_.front());
    came_together_.pop_front();
  }
  seen_.leases += message.has_lease();
  seen_.epochs_stored += message.has_epochs_stored();
  seen_.outcomes_stored += message.has_outcome_stored();
  seen_.revoked += message.has_revoked();
  return message;
}

void FakeWorker::Greet(const v1::Hello& hello) {
  v1::WorkerMessage message;
  *message.mutable_hello() = hello;
  Send(message);
  const std::optional<v1::CoordinatorMessage> welcome = Receive();
  ASSERT_TRUE(welcome.has_value());
  ASSERT_TRUE(welcome->has_welcome());
  EXPECT_GT(welcome->welcome().heartbeat_seconds(), 0);
}

void FakeWorker::Ready(std::int64_t slots) {
  v1::WorkerMessage message;
  message.mutable_ready()->set_slots(slots);
  Send(message);
}

std::optional<v1::Lease> FakeWorker::ReceiveLease() {
  while (const std::optional<v1::CoordinatorMessage> message = Receive()) {
    if (message->has_lease()) return message->lease();
  }
  return std::nullopt;
}

v1::WorkerMessage FakeWorker::ReportOf(const v1::Lease& lease, std::int64_t number, double validation_error) {
  v1::WorkerMessage message;
  v1::EpochReport* report = message.mutable_reports()->add_reports();
  report->set_study(lease.study());
  report->set_trial(lease.trial());
  report->set_attempt(lease.attempt());
  v1::Epoch* epoch = report->add_epochs();
  epoch->set_epoch(number);
  epoch->set_train_loss(validation_error + 1);
  epoch->set_train_error(validation_error);
  epoch->set_validation_loss(validation_error + 1);
  epoch->set_validation_error(validation_error);
  epoch->set_learning_rate(lease.training().optimizer().sgd().learning_rate().value());
  epoch->set_seconds(0.25);
  return message;
}

v1::WorkerMessage FakeWorker::OutcomeOf(const v1::Lease& lease, v1::Outcome::Kind kind,
                                        const std::string& reason) {
  v1::WorkerMessage message;
  v1::Outcome* outcome = message.mutable_outcome();
  outcome->set_study(lease.study());
  outcome->set_trial(lease.trial());
  outcome->set_attempt(lease.attempt());
  outcome->set_kind(kind);
  outcome->set_reason(reason);
  return message;
}

void FakeWorker::Work() {
  Ready(1);
  while (const std::optional<v1::Lease> lease = ReceiveLease()) {
    for (std::int64_t epoch = 1; epoch <= lease->epochs(); ++epoch) {
      Report(*lease, epoch, ErrorOf(*lease) + 0.05 * static_cast<double>(lease->epochs() - epoch));
    }
    Finish(*lease, v1::Outcome::COMPLETED);
    Ready(1);
  }
}

grpc::Status FakeWorker::End() {
  ended_ = true;
  stream_->WritesDone();
  while (Receive()) {
  }
  return stream_->Finish();
}

}  // namespace hpsearch::testing
