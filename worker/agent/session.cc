#include "worker/agent/session.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "spdlog/spdlog.h"

namespace hpsearch::agent {
namespace {

using std::chrono::steady_clock;

// A server that takes the stream and says nothing is as good as none.
constexpr std::chrono::seconds kWelcomeWithin{20};
// After our last word, for the server to close in order.
constexpr std::chrono::seconds kCloseWithin{1};

WorkerState::Duration HeartbeatOf(const v1::Welcome& welcome) {
  const double wanted = welcome.heartbeat_seconds();
  const std::chrono::duration<double> seconds(wanted > 0 ? std::clamp(wanted, 0.05, 60.0) : 3.0);
  return std::chrono::duration_cast<WorkerState::Duration>(seconds);
}

}  // namespace

Session::Session(v1::WorkerService::Stub& stub, WorkerState& state, Slots& slots)
    : stub_(stub), state_(state), slots_(slots) {}

absl::Status Session::Run(v1::Hello hello) {
  for (const LeaseId& id : state_.Connecting(kWelcomeWithin)) SetId(id, hello.add_held());
  *outgoing_.mutable_hello() = std::move(hello);

  stub_.async()->Session(&context_, this);
  AddHold();  // for Run writes from outside the reactions
  StartRead(&incoming_);
  StartWrite(&outgoing_);
  StartCall();
  if (!Converse()) context_.TryCancel();
  RemoveHold();

  std::unique_lock lock(mutex_);
  ended_.wait(lock, [this] { return status_.has_value(); });
  return absl::Status(static_cast<absl::StatusCode>(status_->error_code()), status_->error_message());
}

// Says what there is to say. False: the stream is still open, and is to be cut.
bool Session::Converse() {
  while (true) {
    switch (state_.Next(&outgoing_)) {
      case WorkerState::Turn::kMessage:
        StartWrite(&outgoing_);
        break;
      case WorkerState::Turn::kFinished:
        StartWritesDone();
        return state_.WaitLost(steady_clock::now() + kCloseWithin);
      case WorkerState::Turn::kCut:
        return false;
      case WorkerState::Turn::kLost:
        return true;
    }
  }
}

void Session::OnReadDone(bool ok) {
  if (!ok) {
    state_.Lost();
    return;
  }
  Handle(incoming_);
  StartRead(&incoming_);
}

void Session::OnWriteDone(bool ok) {
  if (ok) {
    state_.Written();
  } else {
    state_.Lost();
  }
}

void Session::OnDone(const grpc::Status& status) {
  std::lock_guard lock(mutex_);
  status_ = status;
  ended_.notify_all();
}

void Session::Handle(v1::CoordinatorMessage& message) {
  switch (message.kind_case()) {
    case v1::CoordinatorMessage::kWelcome:
      welcomed_ = true;
      state_.Welcomed(HeartbeatOf(message.welcome()));
      break;
    case v1::CoordinatorMessage::kLease:
      if (state_.Accept(IdOf(message.lease()))) slots_.Submit(std::move(*message.mutable_lease()));
      break;
    case v1::CoordinatorMessage::kEpochsStored:
      state_.EpochsStored(IdOf(message.epochs_stored()), message.epochs_stored().epoch());
      break;
    case v1::CoordinatorMessage::kOutcomeStored:
      state_.OutcomeStored(IdOf(message.outcome_stored()));
      break;
    case v1::CoordinatorMessage::kRevoked: {
      const v1::Revoked& revoked = message.revoked();
      spdlog::debug("{}/{} is revoked: {}", revoked.study(), revoked.trial(), revoked.reason());
      // First here, so that the outcome of the trial that ends is not told.
      state_.Revoked(IdOf(revoked));
      slots_.Cancel(IdOf(revoked));
      break;
    }
    case v1::CoordinatorMessage::KIND_NOT_SET:  // a newer server's word that we do not know
      break;
  }
}

}  // namespace hpsearch::agent
