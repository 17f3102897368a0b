#include "worker/agent/session.h"

#include <algorithm>
#include <chrono>
#include <thread>
#include <utility>

#include "absl/cleanup/cleanup.h"
#include "server/failpoint/failpoint.h"
#include "spdlog/spdlog.h"

namespace hpsearch::agent {
namespace {

// A server that takes the stream and says nothing is as good as none.
constexpr std::chrono::seconds kWelcomeWithin{20};
// After our last word, for the server to close in order.
constexpr std::chrono::seconds kCloseWithin{1};

// What goes out as one: so many messages, and none is added to so many bytes.
constexpr int kMostTogether = 256;
constexpr std::size_t kTogetherBytes = std::size_t{1} << 20;

WorkerState::Duration Every(double seconds) {
  const std::chrono::duration<double> bounded(seconds > 0 ? std::clamp(seconds, 0.05, 60.0) : 3.0);
  return std::chrono::duration_cast<WorkerState::Duration>(bounded);
}

// A word that is late, or lost with a connection, leaves time for another.
WorkerState::Duration BeatOf(const v1::Lease& lease) { return Every(lease.lease_seconds() / 3); }

}  // namespace

Session::Session(v1::WorkerService::Stub& stub, WorkerState& state, Slots& slots)
    : stub_(stub), state_(state), slots_(slots) {}

absl::Status Session::Run(v1::Hello hello) {
  for (const LeaseId& id : state_.Connecting(kWelcomeWithin, kCloseWithin)) SetId(id, hello.add_held());
  v1::WorkerMessage first;
  *first.mutable_hello() = std::move(hello);

  {
    std::jthread writing([this] { WriteAll(); });
    absl::Cleanup alone = [this] { state_.Lost(); };
    const std::jthread reading([this, &first] { ReadAll(first); });
    std::move(alone).Cancel();
    if (!state_.WaitLost()) context_.TryCancel();
  }
  failpoint::Failpoint("worker.session.lost");
  const grpc::Status status = stream_->Finish();
  return absl::Status(static_cast<absl::StatusCode>(status.error_code()), status.error_message());
}

void Session::ReadAll(const v1::WorkerMessage& hello) {
  failpoint::Failpoint("worker.session.connecting");
  stream_ = stub_.Session(&context_);
  if (stream_->Write(hello)) state_.Written();
  failpoint::Failpoint("worker.session.hello");
  v1::CoordinatorMessage message;
  while (stream_->Read(&message)) Handle(message);
  state_.Lost();
}

void Session::WriteAll() {
  v1::WorkerMessage message;
  while (true) {
    switch (state_.Next(&message)) {
      case WorkerState::Turn::kMessage:
        AddMore(message);
        failpoint::Failpoint("worker.session.sending");
        // Where this fails, reading ends as well, and tells.
        if (stream_->Write(message)) state_.Written();
        failpoint::Failpoint("worker.session.sent");
        break;
      case WorkerState::Turn::kFinished:
        stream_->WritesDone();
        return;
      case WorkerState::Turn::kLost:
        return;
    }
  }
}

void Session::AddMore(v1::WorkerMessage& first) {
  v1::WorkerMessage next;
  if (!state_.More(&next)) return;
  v1::WorkerMessage together;
  v1::WorkerMessages& several = *together.mutable_several();
  std::size_t bytes = first.ByteSizeLong() + next.ByteSizeLong();
  *several.add_messages() = std::move(first);
  *several.add_messages() = next;
  while (several.messages_size() < kMostTogether && bytes < kTogetherBytes && state_.More(&next)) {
    bytes += next.ByteSizeLong();
    *several.add_messages() = next;
  }
  first = std::move(together);
}

void Session::Handle(v1::CoordinatorMessage& message) {
  switch (message.kind_case()) {
    case v1::CoordinatorMessage::kWelcome:
      failpoint::Failpoint("worker.session.welcomed");
      state_.Welcomed(Every(message.welcome().heartbeat_seconds()));
      break;
    case v1::CoordinatorMessage::kLease:
      failpoint::Failpoint("worker.session.lease");
      if (state_.Accept(IdOf(message.lease()), BeatOf(message.lease()))) {
        failpoint::Failpoint("worker.session.accepted");
        slots_.Submit(std::move(*message.mutable_lease()));
      }
      break;
    case v1::CoordinatorMessage::kEpochsStored: {
      const v1::EpochsStored& stored = message.epochs_stored();
      spdlog::debug("{}/{} attempt {}: stored up to epoch {}", stored.study(), stored.trial(), stored.attempt(),
                    stored.epoch());
      failpoint::Failpoint("worker.session.stored");
      state_.EpochsStored(IdOf(stored), stored.epoch());
      break;
    }
    case v1::CoordinatorMessage::kOutcomeStored:
      failpoint::Failpoint("worker.session.outcome_stored");
      state_.OutcomeStored(IdOf(message.outcome_stored()));
      break;
    case v1::CoordinatorMessage::kRevoked: {
      const v1::Revoked& revoked = message.revoked();
      spdlog::debug("{}/{} attempt {}: revoked: {}", revoked.study(), revoked.trial(), revoked.attempt(),
                    revoked.reason());
      failpoint::Failpoint("worker.session.revoked");
      // First here, so that the outcome of the trial that ends is not told.
      state_.Revoked(IdOf(revoked));
      slots_.Cancel(IdOf(revoked));
      break;
    }
    case v1::CoordinatorMessage::kDrained:
      failpoint::Failpoint("worker.session.drained");
      state_.Drained();
      break;
    case v1::CoordinatorMessage::kSeveral:
      for (v1::CoordinatorMessage& each : *message.mutable_several()->mutable_messages()) {
        if (!each.has_several()) Handle(each);
      }
      break;
    case v1::CoordinatorMessage::KIND_NOT_SET:  // a newer server's word that we do not know
      break;
  }
}

}  // namespace hpsearch::agent
