// From what has happened to what comes next: studies settle, trials are leased, leases are lost.
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "server/study/coordinator_impl.h"

namespace hpsearch::study {

void Coordinator::Impl::Settle(ActiveStudy& study, Decision& decision) {
  const std::int64_t id = study.record().id;
  const Micros now = clock_.Wall();
  if (study.Overdue(now)) {
    study.Stop(fmt::format("limits.max_seconds ({}) are over", *study.spec().limits.max_seconds), decision);
  }
  for (bool more = true; more && !study.ended();) {
    bool waits = study.Settle(now, decision);
    const std::int64_t cursor = study.record().next_trial;
    if (!waits) {
      const absl::StatusOr<bool> many = study.TakeOverKnown(store_, now, decision);
      if (!many.ok()) break;  // the next tick tries again
      waits = *many;
    }
    if (waits) decision.Then([this, id] { GoOn(id); });
    more = !waits && study.record().next_trial != cursor;
  }
  if (!study.ended()) Judge(study, decision);
  if (!study.ended()) return;
  const StudyRecord& record = study.record();
  const std::string reason = fmt::format("study {} is {}", record.name, ToString(record.state));
  for (const LeaseKey& key : leases_.OfStudy(id)) Revoke(key, reason, decision);
  decision.Then([this, id, name = record.name] {
    names_.erase(name);
    studies_.erase(id);
  });
}

void Coordinator::Impl::Judge(ActiveStudy& study, Decision& decision) {
  if (!study.WantsWorkers() || !study.running().empty()) return;
  const Outlook outlook = study.OutlookAmong(workers_.Serving());
  if (outlook.kind != Outlook::Kind::kFails) {
    study.Wait(outlook.reason, decision);
  } else if (const KnownWorker* other = MayComeBackFor(study)) {
    study.Wait(fmt::format("waiting for worker {} to come back: {}", other->hello.name, outlook.reason), decision);
  } else {
    study.End(StudyState::kFailed, outlook.reason, clock_.Wall(), decision);
  }
}

const KnownWorker* Coordinator::Impl::MayComeBackFor(ActiveStudy& study) const {
  const Micros since = clock_.Monotonic() - kComesBack;
  for (const auto& [name, worker] : workers_.all()) {
    const bool serves = worker.session != 0 && !worker.draining;
    const bool is_near = worker.session != 0 || std::max(worker.heard, loaded_at_) > since;
    if (!serves && is_near && study.MaySuit(worker.hello)) return &worker;
  }
  return nullptr;
}

void Coordinator::Impl::GoOn(std::int64_t id) {
  const auto it = studies_.find(id);
  if (it == studies_.end()) return;
  it->second->Stored();
  Decision decision;
  Settle(*it->second, decision);
  Dispatch(decision);
  outbox_.Submit(std::move(decision));
}

void Coordinator::Impl::Dispatch(Decision& decision) {
  // With nothing to give, a thousand idle workers are not asked.
  if (std::ranges::none_of(studies_, [](const auto& each) { return each.second->HasNext(); })) return;
  for (const SessionId session : workers_.WithCredits()) DispatchTo(session, decision);
}

// The oldest study that has something for this worker gives it its next trial, for as long as it wants more.
void Coordinator::Impl::DispatchTo(SessionId session, Decision& decision) {
  KnownWorker& worker = *workers_.OfSession(session);
  if (worker.overdue || clock_.Monotonic() - worker.heard >= kPresumedDead) return;
  for (const auto& [id, study] : studies_) {
    if (!study->Suits(worker.hello)) continue;
    while (worker.credits > 0 && study->HasNext()) Grant(worker, *study, decision);
  }
}

void Coordinator::Impl::Grant(KnownWorker& worker, ActiveStudy& study, Decision& decision) {
  Lease lease = study.LeaseNext(worker.hello, clock_.Wall(), decision);
  const LeaseKey key{study.record().id, lease.trial};
  leases_.Grant({.key = key,
                 .attempt = lease.attempt,
                 .worker = worker.hello.name,
                 .term = static_cast<Micros>(study.spec().limits.lease_seconds * 1e6),
                 .renewed = clock_.Monotonic(),
                 .bound = true,
                 .delivered = false});
  --worker.credits;
  decision.Then([this, session = worker.session, key, lease = std::move(lease)] { Deliver(session, key, lease); });
  Settle(study, decision);
}

// A lease whose session ended while it was being stored never reached the worker: it counts for nothing.
void Coordinator::Impl::Deliver(SessionId session, const LeaseKey& key, const Lease& lease) {
  if (const KnownWorker* worker = workers_.OfSession(session)) {
    const std::shared_ptr<WorkerLink> link = worker->link;
    leases_.Delivered(key, lease.attempt, clock_.Monotonic());
    link->OnLease(lease);
    return;
  }
  const ActiveLease* active = leases_.Find(key);
  if (active == nullptr || active->attempt != lease.attempt) return;
  Decision decision;
  GiveBack(key, decision);
  Dispatch(decision);
  outbox_.Submit(std::move(decision));
}

void Coordinator::Impl::GiveBack(const LeaseKey& key, Decision& decision) {
  if (leases_.Find(key) == nullptr) return;  // its study has ended over another one
  leases_.End(key);
  ActiveStudy& study = *studies_.at(key.study);
  study.Return(key.trial, decision);
  Settle(study, decision);
}

void Coordinator::Impl::Lose(const LeaseKey& key, const std::string& reason, Decision& decision) {
  if (leases_.Find(key) == nullptr) return;  // its study has ended over another one
  leases_.End(key);
  ActiveStudy& study = *studies_.at(key.study);
  study.Lose(key.trial, reason, clock_.Wall(), decision);
  Settle(study, decision);
}

void Coordinator::Impl::TellRevoked(const ActiveLease& lease, const std::string& reason, Decision& decision) {
  const KnownWorker* worker = workers_.Named(lease.worker);
  if (worker == nullptr || worker->session == 0) return;
  Tell(worker->session, decision,
       [study = studies_.at(lease.key.study)->record().name, trial = lease.key.trial, attempt = lease.attempt,
        reason](WorkerLink& link) { link.OnRevoked(study, trial, attempt, reason); });
}

void Coordinator::Impl::Revoke(LeaseKey key, const std::string& reason, Decision& decision) {
  TellRevoked(*leases_.Find(key), reason, decision);
  leases_.End(key);
}

}  // namespace hpsearch::study
