#include "tests/simulation/session.h"

#include <algorithm>
#include <utility>
#include <variant>

#include "tests/simulation/broken.h"

namespace hpsearch::simulation {

using study::TrialOutcome;

std::shared_ptr<Session> Session::Accept(Server& server, std::shared_ptr<Connection> connection,
                                         std::weak_ptr<SessionPeer> peer) {
  std::shared_ptr<Session> session(new Session(server, std::move(connection), std::move(peer)));
  server.Add(session);
  return session;
}

Session::Session(Server& server, std::shared_ptr<Connection> connection, std::weak_ptr<SessionPeer> peer)
    : server_(server), life_(server.life()), connection_(std::move(connection)), peer_(std::move(peer)) {}

template <class Message>
void Session::Tell(Message message) {
  if (ended_) return;
  connection_->down->Send([peer = peer_, message = std::move(message)] {
    if (const auto worker = peer.lock()) message(*worker);
  });
}

void Session::Hear(std::vector<rpc::WorkerInput> inputs) {
  if (life_ != server_.life()) return;
  server_.Post([self = shared_from_this(), inputs = std::move(inputs)] {
    for (const rpc::WorkerInput& input : inputs) {
      if (!self->ended_) self->Handle(input);
    }
  });
}

void Session::Handle(const rpc::WorkerInput& input) {
  if (const auto* hello = std::get_if<study::WorkerHello>(&input)) return Greet(*hello);
  Invariant(session_.has_value(), "a session is open until it has ended", "{}", hello_.name);
  server_.auditor().Heard(hello_.name);
  study::Coordinator& coordinator = server_.coordinator();
  if (const auto* ready = std::get_if<rpc::ReadySlots>(&input)) {
    wanted_ += ready->slots;
    coordinator.Ready(*session_, ready->slots);
  } else if (const auto* reports = std::get_if<std::vector<study::EpochReport>>(&input)) {
    for (const study::EpochReport& report : *reports) {
      if (session_) Report(report);
    }
  } else if (const auto* outcome = std::get_if<TrialOutcome>(&input)) {
    Finish(*outcome);
  } else if (std::holds_alternative<rpc::SignOfLife>(input)) {
    coordinator.Heartbeat(*session_);
  } else if (std::holds_alternative<rpc::DrainRequest>(input)) {
    coordinator.Drain(*session_);
  }
}

void Session::Greet(const study::WorkerHello& hello) {
  hello_ = hello;
  Tell([](SessionPeer& worker) { worker.OnWelcome(); });
  if (server_.coordinator().Health().ok()) server_.auditor().Heard(hello.name);  // else nobody listens
  const absl::StatusOr<study::Coordinator::SessionId> session =
      server_.coordinator().Connect(shared_from_this(), hello);
  server_.nature().Log("session of {} ({}): {}", hello.name, hello.instance, session.status().ToString());
  if (!session.ok()) return End(session.status());
  session_ = *session;
}

void Session::Report(const study::EpochReport& report) {
  const std::int64_t last = report.epochs.empty() ? 0 : report.epochs.back().epoch;
  server_.nature().Log("{} reports {}/{} attempt {} to epoch {}", hello_.instance, report.study, report.trial,
                       report.attempt, last);
  server_.auditor().Hearing(hello_.name, {report.study, report.trial, report.attempt}, last, false);
  server_.coordinator().Report(*session_, report);
  server_.auditor().HasHeard();
}

void Session::Finish(const TrialOutcome& outcome) {
  server_.nature().Log("{} has ended {}/{} attempt {}: {} {}", hello_.instance, outcome.study, outcome.trial,
                       outcome.attempt, static_cast<int>(outcome.kind), outcome.reason);
  const bool completed =
      outcome.kind == TrialOutcome::Kind::kCompleted || outcome.kind == TrialOutcome::Kind::kDiverged;
  server_.auditor().Hearing(hello_.name, {outcome.study, outcome.trial, outcome.attempt}, 0, completed);
  server_.coordinator().Finish(*session_, outcome);
  server_.auditor().HasHeard();
}

void Session::OnLease(const study::Lease& lease) {
  server_.nature().Log("lease of {}/{} attempt {} to {}", lease.study, lease.trial, lease.attempt,
                       hello_.instance);
  server_.auditor().Leased(hello_, lease);
  Invariant(--wanted_ >= 0, "a worker is given no more leases than it asked for", "{}", hello_.name);
  Tell([lease](SessionPeer& worker) { worker.OnLease(lease); });
}

void Session::OnEpochsStored(const std::string& study, std::int64_t trial, std::int64_t attempt,
                             std::int64_t epoch) {
  server_.auditor().EpochsStored(hello_.name, {study, trial, attempt}, epoch);
  Tell([id = agent::LeaseId{study, trial, attempt}, epoch](SessionPeer& worker) {
    worker.OnEpochsStored(id, epoch);
  });
}

void Session::OnOutcomeStored(const std::string& study, std::int64_t trial, std::int64_t attempt) {
  server_.auditor().OutcomeStored(hello_.name, {study, trial, attempt});
  Tell([id = agent::LeaseId{study, trial, attempt}](SessionPeer& worker) { worker.OnOutcomeStored(id); });
}

void Session::OnRevoked(const std::string& study, std::int64_t trial, std::int64_t attempt,
                        const std::string& reason) {
  server_.nature().Log("{}/{} attempt {} of {} is revoked: {}", study, trial, attempt, hello_.instance, reason);
  server_.auditor().Revoked(hello_.name, {study, trial, attempt});
  Tell([id = agent::LeaseId{study, trial, attempt}](SessionPeer& worker) { worker.OnRevoked(id); });
}

void Session::OnDrained() {
  Tell([](SessionPeer& worker) { worker.OnDrained(); });
}

void Session::OnClosed(absl::Status why) {
  server_.nature().Log("the session of {} is closed: {}", hello_.instance, why.ToString());
  // Workers here are honest: what they report is never wrong.
  Invariant(!absl::IsInvalidArgument(why) && !absl::IsInternal(why), "an honest worker is not found at fault",
            "{}: {}", hello_.name, why.ToString());
  session_.reset();
  End(why);
}

void Session::Lost() {
  if (life_ != server_.life()) return;
  server_.Post([self = shared_from_this()] { self->End(absl::OkStatus()); });
}

void Session::ServerDied() {
  if (ended_) return;
  ended_ = true;
  connection_->Break(server_.nature().dice);
  server_.nature().After(server_.nature().dice.Wait(20'000), [peer = peer_] {
    if (const auto worker = peer.lock()) worker->OnLost(absl::UnavailableError("the server has died"));
  });
}

void Session::End(const absl::Status& why) {
  if (ended_) return;
  Tell([why](SessionPeer& worker) { worker.OnLost(why); });
  ended_ = true;
  if (!session_) return;
  // Posted: the coordinator may be the one that calls.
  server_.Post(
      [self = shared_from_this(), session = *session_] { self->server_.coordinator().Disconnect(session); });
  session_.reset();
}

}  // namespace hpsearch::simulation
