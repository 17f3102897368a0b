// What workers say to the coordinator.
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "server/study/coordinator_impl.h"

namespace hpsearch::study {
namespace {

constexpr const char* kStale = "the lease is no longer the trial's newest";

}  // namespace

KnownWorker* Coordinator::Impl::Hear(SessionId session) {
  KnownWorker* worker = workers_.OfSession(session);
  if (worker == nullptr) return nullptr;
  worker->heard = clock_.Monotonic();
  worker->overdue = false;
  worker->seen_at = clock_.Wall();
  leases_.Touch(worker->hello.name, worker->heard);
  return worker;
}

// Whoever was closed before the message is durable hears nothing of it.
void Coordinator::Impl::Tell(SessionId session, Decision& decision, std::function<void(WorkerLink&)> message) {
  decision.Then([this, session, message = std::move(message)] {
    const KnownWorker* worker = workers_.OfSession(session);
    if (worker == nullptr) return;
    const std::shared_ptr<WorkerLink> link = worker->link;
    message(*link);
  });
}

void Coordinator::Impl::Close(SessionId session, const absl::Status& why, Decision& decision) {
  KnownWorker& worker = *workers_.OfSession(session);
  // Told whatever becomes of the decision: no session is left that nobody here knows of.
  decision.Answer(
      [link = worker.link, why](const absl::Status& stored) { link->OnClosed(stored.ok() ? why : stored); });
  leases_.Unbind(worker.hello.name);
  worker.heard = clock_.Monotonic();
  workers_.Close(session);
  decision.Add(PutWorker{RecordOf(worker)});
}

absl::StatusOr<Coordinator::SessionId> Coordinator::Impl::Connect(std::shared_ptr<WorkerLink> link,
                                                                  WorkerHello hello) {
  if (!health_.ok()) return absl::UnavailableError(health_.message());
  if (absl::Status status = CheckHello(hello); !status.ok()) return status;
  Decision decision;
  const std::string name = hello.name;
  const KnownWorker* before = workers_.Named(name);
  const bool same_process = before != nullptr && before->hello.instance == hello.instance;
  if (before != nullptr && before->session != 0) {
    const absl::Status why = same_process ? absl::AbortedError("the worker has opened another session")
                                          : absl::FailedPreconditionError("another process took the name " + name);
    Close(before->session, why, decision);
  }
  leases_.Unbind(name);
  const SessionId session = workers_.Connect(std::move(link), std::move(hello)).session;
  const KnownWorker& worker = *Hear(session);
  TakeStock(worker, same_process, decision);
  decision.Add(PutWorker{RecordOf(worker)});
  SettleAll(decision);
  Dispatch(decision);
  outbox_.Submit(std::move(decision));
  return session;
}

// A process names all that it has: what it trains, and what has ended but was not acknowledged. So a lease that it
// does not name never reached it, and those of another process have died with that. The session is open by now, so
// that the worker hears of what ends over this.
void Coordinator::Impl::TakeStock(const KnownWorker& worker, bool same_process, Decision& decision) {
  const std::string& name = worker.hello.name;
  std::set<LeaseKey> kept;
  for (const HeldLease& held : worker.hello.held) {
    const ActiveLease* lease = same_process ? Held(name, held.study, held.trial, held.attempt) : nullptr;
    if (lease != nullptr) {
      kept.insert(lease->key);
    } else {
      Tell(worker.session, decision,
           [held](WorkerLink& link) { link.OnRevoked(held.study, held.trial, held.attempt, kStale); });
    }
  }
  for (const LeaseKey& key : leases_.OfWorker(name)) {
    if (kept.contains(key)) continue;
    if (same_process) {
      GiveBack(key, decision);
    } else {
      Lose(key, fmt::format("worker {} was started anew", name), decision);
    }
  }
}

void Coordinator::Impl::Ready(SessionId session, std::int64_t slots) {
  KnownWorker* worker = Hear(session);
  if (worker == nullptr || worker->draining || slots <= 0) return;
  const std::int64_t most = worker->hello.slots;
  worker->credits = std::min(most, worker->credits + std::min(most, slots));
  Decision decision;
  DispatchTo(session, decision);
  outbox_.Submit(std::move(decision));
}

const ActiveLease* Coordinator::Impl::Held(const std::string& worker, const std::string& study, std::int64_t trial,
                                           std::int64_t attempt) {
  const auto id = names_.find(study);
  if (id == names_.end()) return nullptr;
  const LeaseKey key{id->second, trial};
  const ActiveLease* lease = leases_.Find(key);
  if (lease == nullptr || lease->attempt != attempt || lease->worker != worker) return nullptr;
  leases_.Bind(key);
  return lease;
}

void Coordinator::Impl::Report(SessionId session, EpochReport report) {
  const KnownWorker* worker = Hear(session);
  if (worker == nullptr) return;
  Decision decision;
  const std::string& name = report.study;
  const std::int64_t trial = report.trial;
  const std::int64_t attempt = report.attempt;
  const ActiveLease* lease = Held(worker->hello.name, name, trial, attempt);
  if (lease == nullptr) {
    Tell(session, decision,
         [name, trial, attempt](WorkerLink& link) { link.OnRevoked(name, trial, attempt, kStale); });
    return outbox_.Submit(std::move(decision));
  }
  ActiveStudy& study = *studies_.at(lease->key.study);
  const absl::StatusOr<ActiveStudy::Reported> reported =
      study.Report(trial, std::move(report.epochs), clock_.Wall(), decision);
  if (!reported.ok()) {
    const std::string why(reported.status().message());
    Close(session, absl::InvalidArgumentError(fmt::format("{}/{}: {}", name, trial, why)), decision);
    SettleAll(decision);
    return outbox_.Submit(std::move(decision));
  }
  if (reported->known) {
    Tell(session, decision, [name, trial, attempt, epoch = *reported->known](WorkerLink& link) {
      link.OnEpochsStored(name, trial, attempt, epoch);
    });
  }
  if (!reported->ended.empty()) {
    Revoke(lease->key, reported->ended, decision);
    Settle(study, decision);
    Dispatch(decision);
  }
  outbox_.Submit(std::move(decision));
}

void Coordinator::Impl::Finish(SessionId session, const TrialOutcome& outcome) {
  const KnownWorker* worker = Hear(session);
  if (worker == nullptr) return;
  Decision decision;
  const ActiveLease* lease = Held(worker->hello.name, outcome.study, outcome.trial, outcome.attempt);
  if (lease == nullptr) {
    AnswerStaleOutcome(session, outcome, decision);
    return outbox_.Submit(std::move(decision));
  }
  const LeaseKey key = lease->key;
  ActiveStudy& study = *studies_.at(key.study);
  if (outcome.kind == TrialOutcome::Kind::kDataFault) {
    PassOn(*worker, study, outcome, decision);
  } else {
    study.Finish(outcome, clock_.Wall(), decision);
  }
  EndLease(key);
  const Outcome stored(outcome.study, outcome.trial, outcome.attempt);
  outcomes_.insert(stored);
  decision.Then([this, stored] { outcomes_.erase(stored); });
  Tell(session, decision, [stored](WorkerLink& link) {
    link.OnOutcomeStored(std::get<0>(stored), std::get<1>(stored), std::get<2>(stored));
  });
  Settle(study, decision);
  Dispatch(decision);
  outbox_.Submit(std::move(decision));
}

void Coordinator::Impl::PassOn(const KnownWorker& worker, ActiveStudy& study, const TrialOutcome& outcome,
                               Decision& decision) {
  study.Exclude(worker.hello, outcome.trial, outcome.reason.empty() ? "it gave no reason" : outcome.reason);
  // Where the content is sound, whoever has it so may be between two sessions.
  const bool elsewhere =
      study.RunsBeside(worker.hello.name) ||
      std::any_of(workers_.all().begin(), workers_.all().end(), [&](const auto& known) {
        const KnownWorker& other = known.second;
        const bool serves = other.session != 0 && !other.draining;
        return serves ? study.Suits(other.hello) : study.DataIsSound() && study.MaySuit(other.hello);
      });
  if (elsewhere) {
    study.Return(outcome.trial, decision);
  } else {
    study.Finish(outcome, clock_.Wall(), decision);
  }
}

// An outcome may come twice, since its acknowledgement may have been lost; the second time its lease is over.
void Coordinator::Impl::AnswerStaleOutcome(SessionId session, const TrialOutcome& outcome, Decision& decision) {
  bool stored = outcomes_.contains(Outcome(outcome.study, outcome.trial, outcome.attempt));
  if (!stored) {
    const absl::StatusOr<StudyRecord> study = RecordOfStudy(outcome.study);
    const absl::StatusOr<TrialRecord> trial =
        study.ok() ? store_.FindTrial(study->id, outcome.trial) : absl::StatusOr<TrialRecord>(study.status());
    if (!trial.ok() && !absl::IsNotFound(trial.status())) {
      Close(session, absl::UnavailableError(trial.status().message()), decision);
      return;
    }
    const bool over = trial.ok() && (IsFinal(trial->state) || trial->state == TrialState::kPaused);
    stored = over && trial->attempt == outcome.attempt && trial->state != TrialState::kCancelled &&
             trial->worker == workers_.OfSession(session)->hello.name;
  }
  Tell(session, decision,
       [stored, study = outcome.study, trial = outcome.trial, attempt = outcome.attempt](WorkerLink& link) {
         if (stored) {
           link.OnOutcomeStored(study, trial, attempt);
         } else {
           link.OnRevoked(study, trial, attempt, kStale);
         }
       });
}

void Coordinator::Impl::Heartbeat(SessionId session) {
  if (Hear(session) == nullptr) return;
  Decision decision;
  DispatchTo(session, decision);  // it may have been passed over while it was silent
  outbox_.Submit(std::move(decision));
}

absl::Status Coordinator::Impl::CheckClaim(const LeaseClaim& claim) const {
  if (!health_.ok()) return absl::UnavailableError(health_.message());
  const auto id = names_.find(claim.study);
  const ActiveLease* lease = id == names_.end() ? nullptr : leases_.Find({id->second, claim.trial});
  const auto worker = workers_.all().find(claim.worker);
  const bool holds = lease != nullptr && lease->attempt == claim.attempt && lease->worker == claim.worker &&
                     worker != workers_.all().end() && worker->second.hello.instance == claim.instance;
  return holds ? absl::OkStatus() : absl::FailedPreconditionError(kStale);
}

bool Coordinator::Impl::MayGoOn(const std::string& study, std::int64_t trial) const {
  if (!health_.ok() || refused_.contains(study)) return true;
  const auto id = names_.find(study);
  return id != names_.end() && studies_.at(id->second)->IsOpen(trial);
}

// Leases under way leave with their own decisions, which go before this one.
void Coordinator::Impl::Drain(SessionId session) {
  KnownWorker* worker = Hear(session);
  if (worker == nullptr) return;
  worker->draining = true;
  worker->credits = 0;
  Decision decision;
  Tell(session, decision, [](WorkerLink& link) { link.OnDrained(); });
  SettleAll(decision);
  outbox_.Submit(std::move(decision));
}

void Coordinator::Impl::Disconnect(SessionId session) {
  KnownWorker* worker = workers_.OfSession(session);
  if (worker == nullptr) return;
  Decision decision;
  leases_.Unbind(worker->hello.name);
  worker->heard = clock_.Monotonic();  // it was there until now, though it may have had nothing to say
  workers_.Close(session);
  decision.Add(PutWorker{RecordOf(*worker)});
  SettleAll(decision);
  outbox_.Submit(std::move(decision));
}

}  // namespace hpsearch::study
