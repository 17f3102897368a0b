#include "server/rpc/worker_session.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <utility>
#include <variant>
#include <vector>

#include "server/failpoint/failpoint.h"
#include "server/rpc/message_bytes.h"

namespace hpsearch::rpc {
namespace {

absl::StatusOr<std::vector<WorkerInput>> Read(const grpc::ByteBuffer& bytes) {
  static const codec::ParsedSize size(v1::WorkerMessage::descriptor());
  v1::WorkerMessage message;
  if (absl::Status status = FromBytes(bytes, size, &message); !status.ok()) return status;
  return ReadWorkerMessages(message);
}

}  // namespace

WorkerSession* WorkerSession::Start(grpc::CallbackServerContext* context, std::size_t most_unsent,
                                    study::Strand& strand, study::Coordinator& coordinator, OpenStreams& streams,
                                    const CheckpointShelf& shelf) {
  auto session = std::make_shared<WorkerSession>(context, most_unsent, strand, coordinator, streams, shelf);
  session->self_ = session;
  session->handed_over_.Tell();
  strand.Post([session] { session->Begin(); });
  return session.get();
}

WorkerSession::WorkerSession(grpc::CallbackServerContext* context, std::size_t most_unsent, study::Strand& strand,
                             study::Coordinator& coordinator, OpenStreams& streams, const CheckpointShelf& shelf)
    : context_(context),
      most_unsent_(most_unsent),
      strand_(strand),
      coordinator_(coordinator),
      streams_(streams),
      shelf_(shelf) {
  streams_.Enter();
}

void WorkerSession::Begin() {
  failpoint::Failpoint("server.session.opened");
  if (absl::Status status = streams_.Add(this); !status.ok()) return End(status);
  StartRead(&incoming_);
}

void WorkerSession::OnReadDone(bool ok) {
  handed_over_.See();
  if (!ok) return strand_.Post([self = shared_from_this()] { self->End(absl::OkStatus()); });
  failpoint::Failpoint("server.session.read");
  absl::StatusOr<std::vector<WorkerInput>> read = Read(incoming_);
  incoming_.Clear();
  strand_.Post([self = shared_from_this(), inputs = std::move(read)] {
    failpoint::Failpoint("server.session.decoded");
    self->Apply(inputs);
  });
}

void WorkerSession::OnWriteDone(bool ok) {
  handed_over_.See();
  strand_.Post([self = shared_from_this(), ok] {
    failpoint::Failpoint("server.send.written");
    self->outbound_.Written(ok);
    if (!ok) return self->End(absl::OkStatus());
    self->Flush();
  });
}

void WorkerSession::OnDone() {
  handed_over_.See();
  strand_.Post([self = shared_from_this()] {
    self->self_.reset();
    self->streams_.Remove(self.get());
    self->streams_.Leave();
  });
}

void WorkerSession::Apply(const absl::StatusOr<std::vector<WorkerInput>>& inputs) {
  if (outbound_.ended()) return;
  if (!inputs.ok()) return End(inputs.status());
  for (const WorkerInput& input : *inputs) {
    if (absl::Status status = Handle(input); !status.ok()) return End(std::move(status));
    if (outbound_.ended()) return;
  }
  StartRead(&incoming_);
}

absl::Status WorkerSession::Handle(const WorkerInput& input) {
  const auto* hello = std::get_if<study::WorkerHello>(&input);
  if (greeted_ == (hello != nullptr)) {
    return absl::InvalidArgumentError("hello: it comes first, and once; open a new session to say it anew");
  }
  if (hello != nullptr) return Greet(*hello);
  if (const auto* ready = std::get_if<ReadySlots>(&input)) {
    failpoint::Failpoint("server.session.ready");
    coordinator_.Ready(*session_, ready->slots);
  }
  if (const auto* reports = std::get_if<std::vector<study::EpochReport>>(&input)) {
    for (const study::EpochReport& report : *reports) {
      failpoint::Failpoint("server.session.report");
      if (session_) coordinator_.Report(*session_, report);  // a report may end the session
      failpoint::Failpoint("server.session.reported");
    }
  }
  if (const auto* outcome = std::get_if<study::TrialOutcome>(&input)) {
    failpoint::Failpoint("server.session.outcome");
    coordinator_.Finish(*session_, *outcome);
    failpoint::Failpoint("server.session.finished");
  }
  if (std::holds_alternative<SignOfLife>(input)) coordinator_.Heartbeat(*session_);
  if (std::holds_alternative<DrainRequest>(input)) {
    failpoint::Failpoint("server.session.drain");
    coordinator_.Drain(*session_);
  }
  return absl::OkStatus();
}

// The welcome stands in front of whatever the coordinator has to say at once.
absl::Status WorkerSession::Greet(const study::WorkerHello& hello) {
  failpoint::Failpoint("server.session.hello");
  greeted_ = true;
  v1::CoordinatorMessage welcome;
  welcome.mutable_welcome()->set_heartbeat_seconds(study::kIdleBeatSeconds);
  Send(std::move(welcome));
  absl::StatusOr<study::Coordinator::SessionId> session = coordinator_.Connect(shared_from_this(), hello);
  if (!session.ok()) return session.status();
  failpoint::Failpoint("server.session.connected");
  session_ = *session;
  spdlog::debug("worker {} ({} slots) connected", hello.name, hello.slots);
  return absl::OkStatus();
}

void WorkerSession::OnLease(const study::Lease& lease) {
  failpoint::Failpoint("server.send.lease");
  absl::StatusOr<v1::Lease> encoded = ToMessage(lease);
  if (encoded.ok()) {
    v1::CoordinatorMessage message;
    *message.mutable_lease() = *std::move(encoded);
    if (auto held = shelf_.HeaderOf(lease.study, lease.trial)) {
      *message.mutable_lease()->mutable_checkpoint() = *std::move(held);
    }
    return Send(std::move(message));
  }
  spdlog::error("{}/{}: {}", lease.study, lease.trial, encoded.status().ToString());
  study::TrialOutcome failed{lease.study, lease.trial, lease.attempt, study::TrialOutcome::Kind::kFailed,
                             std::string(encoded.status().message())};
  strand_.Post([self = shared_from_this(), failed] {
    if (self->session_) self->coordinator_.Finish(*self->session_, failed);
  });
}

void WorkerSession::OnEpochsStored(const std::string& study, std::int64_t trial, std::int64_t attempt,
                                   std::int64_t epoch) {
  v1::CoordinatorMessage message;
  failpoint::Failpoint("server.send.epochs_stored");
  v1::EpochsStored* stored = message.mutable_epochs_stored();
  stored->set_study(study);
  stored->set_trial(trial);
  stored->set_attempt(attempt);
  stored->set_epoch(epoch);
  Send(std::move(message));
}

void WorkerSession::OnOutcomeStored(const std::string& study, std::int64_t trial, std::int64_t attempt) {
  v1::CoordinatorMessage message;
  failpoint::Failpoint("server.send.outcome_stored");
  v1::OutcomeStored* stored = message.mutable_outcome_stored();
  stored->set_study(study);
  stored->set_trial(trial);
  stored->set_attempt(attempt);
  Send(std::move(message));
}

void WorkerSession::OnRevoked(const std::string& study, std::int64_t trial, std::int64_t attempt,
                              const std::string& reason) {
  v1::CoordinatorMessage message;
  failpoint::Failpoint("server.send.revoked");
  v1::Revoked* revoked = message.mutable_revoked();
  revoked->set_study(study);
  revoked->set_trial(trial);
  revoked->set_attempt(attempt);
  revoked->set_reason(reason);
  Send(std::move(message));
}

void WorkerSession::OnDrained() {
  v1::CoordinatorMessage message;
  failpoint::Failpoint("server.send.drained");
  message.mutable_drained();
  Send(std::move(message));
}

void WorkerSession::OnClosed(absl::Status why) {
  session_.reset();
  End(std::move(why));
}

void WorkerSession::Close(const absl::Status& why) { End(why); }

void WorkerSession::Send(v1::CoordinatorMessage message) {
  if (outbound_.ended()) return;
  if (outbound_.size() + unsent_.size() >= most_unsent_) {
    // The status would wait for ever behind the write that the worker does not take.
    context_->TryCancel();
    return End(absl::ResourceExhaustedError(fmt::format("{} messages wait unread", most_unsent_)));
  }
  unsent_.push_back(std::move(message));
  // Behind what the strand is about to do: most of a group of commits, and what follows of it, goes out as one.
  if (outbound_.empty() && !std::exchange(flush_posted_, true)) {
    strand_.Post([self = shared_from_this()] {
      self->flush_posted_ = false;
      self->Flush();
    });
  }
}

void WorkerSession::Flush() {
  if (outbound_.ended() || !outbound_.empty() || unsent_.empty()) return;
  failpoint::Failpoint("server.send.flush");
  outbound_.Push(ToBytes(TakeTogether(unsent_)));
}

void WorkerSession::End(absl::Status why) {
  Flush();
  outbound_.End(std::move(why));
  if (!session_) return;
  // Posted: the coordinator may be the one that calls.
  strand_.Post([&coordinator = coordinator_, self = shared_from_this(), session = *session_] {
    failpoint::Failpoint("server.session.ended");
    coordinator.Disconnect(session);
  });
  session_.reset();
}

}  // namespace hpsearch::rpc
