#include "tests/worker/agent/fake_coordinator.h"

#include <gtest/gtest.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <chrono>
#include <utility>

namespace hpsearch::agent {
namespace {

constexpr std::chrono::seconds kGenerous{30};

}  // namespace

FakeCoordinator::FakeCoordinator() {
  spdlog::default_logger();  // made before there are threads, as the binary does it: ThreadSanitizer cannot see
                             // into it
  Listen(0);
}
FakeCoordinator::~FakeCoordinator() { GoAway(); }

void FakeCoordinator::Listen(int port) {
  grpc::ServerBuilder builder;
  builder.AddListeningPort("127.0.0.1:" + std::to_string(port), grpc::InsecureServerCredentials(), &port_);
  builder.RegisterService(this);
  server_ = builder.BuildAndStart();
  ASSERT_NE(server_, nullptr);
}

std::shared_ptr<grpc::Channel> FakeCoordinator::Channel() const {
  grpc::ChannelArguments arguments;
  arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, 100);
  arguments.SetInt(GRPC_ARG_MIN_RECONNECT_BACKOFF_MS, 100);
  arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, 200);
  return grpc::CreateCustomChannel("127.0.0.1:" + std::to_string(port_), grpc::InsecureChannelCredentials(),
                                   arguments);
}

std::shared_ptr<grpc::Channel> FakeCoordinator::InProcessChannel() {
  return server_->InProcessChannel(grpc::ChannelArguments());
}

void FakeCoordinator::GoAway() {
  if (server_ == nullptr) return;
  server_->Shutdown(std::chrono::system_clock::now());
  server_->Wait();
  server_.reset();
}

void FakeCoordinator::ComeBack() { Listen(port_); }

void FakeCoordinator::Cut() {
  std::unique_lock lock(mutex_);
  ASSERT_NE(context_, nullptr);
  const int before = ended_;
  context_->TryCancel();
  ASSERT_TRUE(changed_.wait_for(lock, kGenerous, [this, before] { return ended_ > before; }));
}

void FakeCoordinator::Refuse(grpc::Status status, int times) {
  std::lock_guard lock(mutex_);
  refusal_ = std::move(status);
  refusals_ = times;
}

void FakeCoordinator::set_acknowledging(bool on) {
  std::lock_guard lock(mutex_);
  acknowledging_ = on;
}

void FakeCoordinator::set_heartbeat_seconds(double seconds) {
  std::lock_guard lock(mutex_);
  heartbeat_seconds_ = seconds;
}

void FakeCoordinator::set_answering_drains(bool on) {
  std::lock_guard lock(mutex_);
  answering_drains_ = on;
}

void FakeCoordinator::Send(v1::CoordinatorMessage message) {
  std::unique_lock lock(mutex_);
  ASSERT_TRUE(changed_.wait_for(lock, kGenerous, [this] { return stream_ != nullptr; }));
  stream_->Write(message);
}

std::string FakeCoordinator::OfferedHash(const std::string& key) const {
  std::lock_guard lock(mutex_);
  return LastOffered(key);
}

std::string FakeCoordinator::LastOffered(const std::string& key) const {
  std::string hash;
  for (const v1::WorkerMessage& message : received_) {
    for (const v1::DatasetOffer& offer : message.hello().datasets()) {
      if (offer.key() == key) hash = offer.hash();
    }
  }
  return hash;
}

void FakeCoordinator::SendLease(v1::Lease lease) {
  std::unique_lock lock(mutex_);
  ASSERT_TRUE(changed_.wait_for(lock, kGenerous, [this] { return stream_ != nullptr; }));
  if (lease.data_hash().empty()) lease.set_data_hash(LastOffered(lease.dataset().name().value()));
  if (const auto it = checkpoints_.find(lease.trial()); it != checkpoints_.end() && !lease.has_checkpoint()) {
    *lease.mutable_checkpoint() = it->second.header;
  }
  v1::CoordinatorMessage message;
  *message.mutable_lease() = std::move(lease);
  stream_->Write(message);
}

void FakeCoordinator::Revoke(const LeaseId& id) {
  v1::CoordinatorMessage message;
  SetId(id, message.mutable_revoked());
  message.mutable_revoked()->set_reason("the test wants it");
  Send(message);
}

void FakeCoordinator::SendDrained() {
  v1::CoordinatorMessage message;
  message.mutable_drained();
  Send(message);
}

v1::WorkerMessage FakeCoordinator::Expect(const std::function<bool(const v1::WorkerMessage&)>& wanted) {
  std::unique_lock lock(mutex_);
  const auto deadline = std::chrono::steady_clock::now() + kGenerous;
  while (true) {
    while (passed_ < received_.size()) {
      if (const v1::WorkerMessage& message = received_[passed_++]; wanted(message)) return message;
    }
    if (changed_.wait_until(lock, deadline) == std::cv_status::timeout) {
      ADD_FAILURE() << "the message that was expected has not come; there were " << received_.size();
      return {};
    }
  }
}

v1::Hello FakeCoordinator::ExpectHello() {
  return Expect([](const auto& message) { return message.has_hello(); }).hello();
}
v1::Outcome FakeCoordinator::ExpectOutcome() {
  return Expect([](const auto& message) { return message.has_outcome(); }).outcome();
}
std::int64_t FakeCoordinator::ExpectReady() {
  return Expect([](const auto& message) { return message.has_ready(); }).ready().slots();
}

void FakeCoordinator::ExpectEpoch(const LeaseId& id, std::int64_t epoch) {
  Expect([&](const v1::WorkerMessage& message) {
    for (const v1::EpochReport& report : message.reports().reports()) {
      if (IdOf(report) == id && report.epochs().rbegin()->epoch() >= epoch) return true;
    }
    return false;
  });
}

std::vector<v1::WorkerMessage> FakeCoordinator::OfThisSession() const {
  std::lock_guard lock(mutex_);
  std::vector<v1::WorkerMessage> messages;
  for (const v1::WorkerMessage& message : received_) {
    if (message.has_hello()) messages.clear();
    messages.push_back(message);
  }
  return messages;
}

bool FakeCoordinator::Saw(const std::function<bool(const v1::WorkerMessage&)>& wanted) const {
  std::lock_guard lock(mutex_);
  return std::any_of(received_.begin(), received_.end(), wanted);
}

int FakeCoordinator::most_together() const {
  std::lock_guard lock(mutex_);
  return most_together_;
}

void FakeCoordinator::Say(const v1::CoordinatorMessage& answer) {
  if (answers_) {
    *answers_->mutable_several()->add_messages() = answer;
  } else {
    stream_->Write(answer);
  }
}

void FakeCoordinator::Acknowledge(const v1::WorkerMessage& message) {
  v1::CoordinatorMessage answer;
  for (const v1::EpochReport& report : message.reports().reports()) {
    SetId(IdOf(report), answer.mutable_epochs_stored());
    answer.mutable_epochs_stored()->set_epoch(report.epochs().rbegin()->epoch());
    Say(answer);
  }
  if (message.has_outcome()) {
    SetId(IdOf(message.outcome()), answer.mutable_outcome_stored());
    Say(answer);
  }
}

void FakeCoordinator::Answer(const v1::WorkerMessage& message) {
  if (acknowledging_) Acknowledge(message);
  if (!message.has_drain() || !answering_drains_) return;
  v1::CoordinatorMessage answer;
  answer.mutable_drained();
  Say(answer);
}

grpc::Status FakeCoordinator::Session(
    grpc::ServerContext* context, grpc::ServerReaderWriter<v1::CoordinatorMessage, v1::WorkerMessage>* stream) {
  v1::WorkerMessage message;
  while (stream->Read(&message)) {
    std::lock_guard lock(mutex_);
    if (message.has_several()) {
      most_together_ = std::max(most_together_, message.several().messages_size());
      answers_.emplace();
      for (const v1::WorkerMessage& each : message.several().messages()) {
        received_.push_back(each);
        Answer(each);
      }
      if (answers_->has_several()) stream->Write(*answers_);
      answers_.reset();
      changed_.notify_all();
      continue;
    }
    received_.push_back(message);
    if (message.has_hello()) {
      if (refusals_ > 0) {
        --refusals_;
        changed_.notify_all();
        return *refusal_;
      }
      v1::CoordinatorMessage welcome;
      welcome.mutable_welcome()->set_heartbeat_seconds(heartbeat_seconds_);
      stream->Write(welcome);
      stream_ = stream;
      context_ = context;
    } else {
      Answer(message);
    }
    changed_.notify_all();
  }
  std::lock_guard lock(mutex_);
  if (stream_ == stream) {
    stream_ = nullptr;
    context_ = nullptr;
  }
  ++ended_;
  changed_.notify_all();
  return grpc::Status::OK;
}

}  // namespace hpsearch::agent
