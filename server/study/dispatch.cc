// From what has happened to what comes next: studies settle, trials are leased, leases are lost.
#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <utility>

#include "server/study/coordinator_impl.h"
#include "server/study/data_hash.h"

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
  // Once, with the decision that ends it: behind that it may be extended, and is another one then.
  if (!ending_.insert(id).second) return;
  decision.Then([this, id, name = record.name] {
    ending_.erase(id);
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
  const Rivals rivals = WithNext();
  if (rivals.studies.empty() && rivals.choosing.empty())
    return;  // with nothing to give, a thousand idle workers are not asked
  for (const SessionId session : workers_.WithCredits()) GrantFrom(rivals, session, decision);
}

void Coordinator::Impl::DispatchTo(SessionId session, Decision& decision) {
  GrantFrom(WithNext(), session, decision);
}

Coordinator::Impl::Rivals Coordinator::Impl::WithNext() const {
  Rivals rivals;
  for (const auto& [id, study] : studies_) {
    if (study->chooser() && study->WantsWorkers()) rivals.choosing.push_back(study.get());
    if (!study->HasNext()) continue;
    rivals.studies.push_back(study.get());
    rivals.shares.push_back(&study->share());
  }
  return rivals;
}

void Coordinator::Impl::GrantFrom(const Rivals& rivals, SessionId session, Decision& decision) {
  KnownWorker& worker = *workers_.OfSession(session);
  const Micros now = clock_.Monotonic();
  if (worker.overdue || now - worker.heard >= kPresumedDead) return;
  // A lease may have been its study's last.
  const auto suits = [&](std::size_t i) {
    return rivals.studies[i]->HasNext() && rivals.studies[i]->Suits(worker.hello);
  };
  // Ahead of what others would give it, so that a study whose points are all leased is soon among the rivals
  // again.
  const auto ask = [&] {
    for (ActiveStudy* study : rivals.choosing) {
      if (study->LacksPoint() && study->Suits(worker.hello)) Ask(*study);
    }
  };
  if (worker.credits > 0) ask();
  while (worker.credits > 0) {
    const std::optional<std::size_t> next = shares_.Next(rivals.shares, suits, now);
    if (!next) break;
    Grant(worker, *rivals.studies[*next], decision);
  }
  if (worker.credits > 0) ask();
}

absl::Status Coordinator::Impl::Introduce(ActiveStudy& study) {
  const StudyRecord& record = study.record();
  if (record.data_hash.empty() || record.numerics_digest.empty()) return absl::OkStatus();
  for (const auto& [id, other] : studies_) {
    const StudyRecord& known = other->record();
    if (known.id == record.id || !ShareData(known.data_hash, record.data_hash) ||
        known.numerics_digest != record.numerics_digest) {
      continue;
    }
    other->LookElsewhere();
    study.LookElsewhere();
  }
  if (study.looks_elsewhere()) return absl::OkStatus();
  const absl::StatusOr<bool> stored = store_.HasLike(record);
  if (!stored.ok()) return stored.status();
  if (*stored) study.LookElsewhere();
  return absl::OkStatus();
}

void Coordinator::Impl::Ask(ActiveStudy& study) {
  std::optional<PointChooser::Question> question = study.AskForPoints();
  if (!question) return;
  const auto points = std::make_shared<std::vector<strategy::Coordinates>>();
  background_.Compute(
      [question = *std::move(question), points] { *points = question.Answer(); },
      [this, alive = std::weak_ptr(alive_), id = study.record().id, asked = study.chooser(), points] {
        if (!alive.expired()) Answered(id, asked.get(), *points);
      });
}

// Of a study that was read anew since, or has ended, nobody wants to know.
void Coordinator::Impl::Answered(std::int64_t id, const PointChooser* asked,
                                 const std::vector<strategy::Coordinates>& points) {
  const auto it = studies_.find(id);
  if (!health_.ok() || it == studies_.end() || it->second->chooser().get() != asked || it->second->ended()) return;
  it->second->Choose(points);
  Decision decision;
  Settle(*it->second, decision);
  Dispatch(decision);
  outbox_.Submit(std::move(decision));
}

void Coordinator::Impl::Grant(KnownWorker& worker, ActiveStudy& study, Decision& decision) {
  if (study.Begin(worker.hello, decision)) {
    // What cannot be read now, is trained.
    if (const absl::Status read = Introduce(study); !read.ok()) spdlog::warn("{}", std::string(read.message()));
  }
  if (study.looks_elsewhere()) {
    // Its next trial may have been trained by another study since it was looked for: then there is nothing to
    // lease, perhaps.
    study.LookAgain();
    Settle(study, decision);
    if (!study.HasNext()) return;
  }
  Lease lease = study.LeaseNext(worker.hello, clock_.Wall(), decision);
  const LeaseKey key{study.record().id, lease.trial};
  leases_.Grant({.key = key,
                 .attempt = lease.attempt,
                 .worker = worker.hello.name,
                 .term = static_cast<Micros>(study.spec().limits.lease_seconds * 1e6),
                 .granted = clock_.Monotonic(),
                 .renewed = clock_.Monotonic(),
                 .bound = true,
                 .delivered = false});
  shares_.Begin(study.share(), clock_.Monotonic());
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

void Coordinator::Impl::EndLease(const LeaseKey& key) {
  const ActiveLease* lease = leases_.Find(key);
  if (lease == nullptr) return;
  const Micros now = clock_.Monotonic();
  shares_.End(studies_.at(key.study)->share(), now - lease->granted, now);
  leases_.End(key);
}

void Coordinator::Impl::GiveBack(const LeaseKey& key, Decision& decision) {
  if (leases_.Find(key) == nullptr) return;  // its study has ended over another one
  EndLease(key);
  ActiveStudy& study = *studies_.at(key.study);
  study.Return(key.trial, decision);
  Settle(study, decision);
}

void Coordinator::Impl::Lose(const LeaseKey& key, const std::string& reason, Decision& decision) {
  if (leases_.Find(key) == nullptr) return;  // its study has ended over another one
  EndLease(key);
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
  EndLease(key);
}

}  // namespace hpsearch::study
