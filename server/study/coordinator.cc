#include "server/study/coordinator.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <utility>

#include "server/study/coordinator_impl.h"

namespace hpsearch::study {
namespace {

// A worker that is gone for longer and holds nothing is no longer listed, here or in the store.
constexpr Micros kRemembered = 3'600'000'000;
constexpr std::size_t kMostRemembered = 1024;  // of those: what a worker says of itself may be long

// The store's own fault (disk full, read-only, damaged), and so the next batch's as well; else a batch's.
bool IsOfTheStore(const absl::Status& why) { return absl::IsUnavailable(why) || absl::IsInternal(why); }

}  // namespace

Coordinator::Impl::Impl(Store& store, const Clock& clock, Background& background, Listener listener)
    : store_(store),
      clock_(clock),
      background_(background),
      listener_(std::move(listener)),
      health_(absl::UnavailableError("the studies are not read yet")),
      outbox_(store, listener_, [this](const absl::Status& why) { StoreFailed(why); }) {}

absl::Status Coordinator::Impl::Recover() {
  health_ = Load();
  if (!health_.ok()) return health_;
  Decision decision;
  SettleAll(decision);
  outbox_.Submit(std::move(decision));
  return absl::OkStatus();
}

absl::Status Coordinator::Impl::Load() {
  const absl::StatusOr<std::int64_t> last = store_.LastStudyId();
  if (!last.ok()) return last.status();
  const absl::StatusOr<std::vector<StoredStudy>> stored = store_.LoadOpenStudies();
  if (!stored.ok()) return stored.status();
  const absl::StatusOr<std::vector<WorkerRecord>> workers = store_.LoadWorkers();
  if (!workers.ok()) return workers.status();

  studies_.clear();
  names_.clear();
  ending_.clear();
  refused_.clear();
  leases_ = LeaseTable();
  shares_ = FairShares();
  last_study_ = *last;
  last_tick_ = loaded_at_ = clock_.Monotonic();
  for (const StoredStudy& open : *stored) {
    if (absl::Status status = Load(open); !status.ok()) return status;
  }
  gone_.clear();
  for (const WorkerRecord& worker : *workers) {
    workers_.Remember(worker);
    if (worker.connected) gone_.insert(worker.name);
  }
  return absl::OkStatus();
}

absl::Status Coordinator::Impl::Load(const StoredStudy& stored) {
  const StudyRecord& record = stored.study;
  const auto refuse = [&](const absl::Status& why) {
    spdlog::error("study {} is left as it is, since this version of hpsearch cannot read it: {}", record.name,
                  std::string(why.message()));
    refused_.emplace(record.name, std::string(why.message()));
    return absl::OkStatus();
  };
  absl::StatusOr<std::shared_ptr<const StudySpec>> spec = ReadSpec(record.spec);
  if (!spec.ok()) return refuse(spec.status());
  const absl::StatusOr<std::vector<TrialRecord>> best =
      store_.BestTrials(record.id, record.direction == "minimize", ActiveStudy::Around(**spec));
  if (!best.ok()) return best.status();
  absl::StatusOr<std::unique_ptr<ActiveStudy>> study = ActiveStudy::Restore(stored, *spec, *best);
  if (!study.ok()) return refuse(study.status());
  absl::Status recalled = (*study)->RecallPoints(store_);
  if (recalled.ok()) recalled = (*study)->Recall(store_);
  if (!recalled.ok()) {
    return absl::IsNotFound(recalled) ? refuse(recalled) : recalled;
  }
  const auto term = static_cast<Micros>((*spec)->limits.lease_seconds * 1e6);
  for (const auto& [number, trial] : (*study)->running()) {
    shares_.Begin((*study)->share(), clock_.Monotonic());
    // As if renewed late enough for the worker to come back, however short the term is.
    leases_.Grant({.key = {record.id, number},
                   .attempt = trial.record.attempt,
                   .worker = trial.record.worker,
                   .term = term,
                   .granted = clock_.Monotonic(),
                   .renewed = clock_.Monotonic() + std::max<Micros>(0, kComesBack - term)});
  }
  names_.emplace(record.name, record.id);
  return Introduce(*studies_.emplace(record.id, *std::move(study)).first->second);
}

// Nothing that was decided on what is lost now may be seen: memory is read anew before anybody hears of it. What
// follows from it is left to the next tick, so that a store that goes on failing is not asked in a circle.
void Coordinator::Impl::StoreFailed(const absl::Status& why) {
  const std::vector<std::shared_ptr<WorkerLink>> links = workers_.CloseAll();
  requests_.clear();
  outcomes_.clear();
  const bool was_well = health_.ok();
  health_ = Load();
  const bool loaded = health_.ok();  // else what is in memory may never have been stored
  // Of another kind it was one decision that was refused, and the next may be as good as any.
  if (loaded && IsOfTheStore(why)) health_ = why;
  trying_ = false;
  if (was_well && !health_.ok()) {
    spdlog::error("nothing can be stored, all studies wait: {}", std::string(health_.message()));
  }
  if (loaded) TellOfWaiting();
  for (const auto& link : links) link->OnClosed(NotStored(why));
}

void Coordinator::Impl::TellOfWaiting() {
  if (health_.ok() || std::exchange(told_, true)) return;
  for (const auto& [id, study] : studies_) listener_({Event::Kind::kStudy, study->record().name});
}

// What is read has its leases' terms anew, so that they outlive this however long it lasts.
void Coordinator::Impl::TryStore() {
  const Micros now = clock_.Monotonic();
  if (trying_ || now < try_at_) return;
  try_at_ = now + kTryAfter;
  if (absl::Status loaded = Load(); !loaded.ok()) {
    health_ = std::move(loaded);
    return;
  }
  TellOfWaiting();
  trying_ = true;
  Decision decision;
  for (const auto& [id, study] : studies_) decision.Put(study->record());
  decision.Then([this] {
    spdlog::warn("studies can be stored again, and go on");
    health_ = absl::OkStatus();
    trying_ = told_ = false;
  });
  outbox_.Submit(std::move(decision));
}

void Coordinator::Impl::SettleAll(Decision& decision) {
  for (const std::string& name : gone_) {
    const KnownWorker* worker = workers_.Named(name);
    if (worker != nullptr && worker->session == 0) decision.Add(PutWorker{RecordOf(*worker)});
  }
  gone_.clear();
  for (const auto& [id, study] : studies_) Settle(*study, decision);
}

void Coordinator::Impl::Expire(Decision& decision) {
  const Micros now = clock_.Monotonic();
  leases_.RenewAfter(now - std::exchange(last_tick_, now), now);
  for (const LeaseKey& key : leases_.Expired(now)) {
    const ActiveLease* lease = leases_.Find(key);
    if (lease == nullptr) continue;  // its study has ended over another one
    const std::string reason = fmt::format("worker {} was not heard of for {} seconds", lease->worker,
                                           static_cast<double>(lease->term) / 1e6);
    spdlog::debug("{}/{} attempt {}: {}", studies_.at(key.study)->record().name, key.trial, lease->attempt,
                  reason);
    if (KnownWorker* worker = workers_.Named(lease->worker)) worker->overdue = true;
    TellRevoked(*lease, reason, decision);
    Lose(key, reason, decision);
  }
}

void Coordinator::Impl::Tick() {
  if (!health_.ok()) TryStore();
  if (!health_.ok()) return;
  Decision decision;
  Expire(decision);
  SettleAll(decision);
  ForgetWorkers(decision);
  Dispatch(decision);
  outbox_.Submit(std::move(decision));
}

void Coordinator::Impl::ForgetWorkers(Decision& decision) {
  std::vector<std::pair<Micros, std::string>> idle;  // the longest away first
  for (const auto& [name, worker] : workers_.all()) {
    if (worker.session == 0 && leases_.CountOfWorker(name) == 0) idle.emplace_back(worker.seen_at, name);
  }
  std::sort(idle.begin(), idle.end());
  for (std::size_t i = 0; i < idle.size(); ++i) {
    const auto& [seen_at, name] = idle[i];
    if (clock_.Wall() - seen_at <= kRemembered && idle.size() - i <= kMostRemembered) break;
    workers_.Forget(name);
    decision.Add(ForgetWorker{name});
  }
}

std::vector<WorkerView> Coordinator::Impl::Workers() const {
  std::vector<WorkerView> views;
  for (const auto& [name, worker] : workers_.all()) {
    views.push_back({.hello = worker.hello,
                     .leases = leases_.CountOfWorker(name),
                     .connected = worker.session != 0,
                     .draining = worker.draining,
                     .seen_at = worker.seen_at});
  }
  return views;
}

Coordinator::Coordinator(Store& store, const Clock& clock, Background& background, Listener listener)
    : impl_(std::make_unique<Impl>(store, clock, background, std::move(listener))) {}
Coordinator::~Coordinator() = default;

absl::Status Coordinator::Recover() { return impl_->Recover(); }
void Coordinator::CreateStudy(const std::string& request_id, std::shared_ptr<const StudySpec> spec,
                              Reply<StudyAnswer> reply) {
  impl_->CreateStudy(request_id, std::move(spec), std::move(reply));
}
void Coordinator::ChangeState(const std::string& request_id, const std::string& study, Action action,
                              Reply<StudyAnswer> reply) {
  impl_->ChangeState(request_id, study, action, std::move(reply));
}
void Coordinator::ExtendStudy(const std::string& request_id, const std::string& study, const Extension& extension,
                              Reply<StudyAnswer> reply) {
  impl_->ExtendStudy(request_id, study, extension, std::move(reply));
}
void Coordinator::RefineStudy(const std::string& request_id, const std::string& study, const Refining& refining,
                              Reply<StudyAnswer> reply) {
  impl_->RefineStudy(request_id, study, refining, std::move(reply));
}
std::vector<WorkerView> Coordinator::Workers() const { return impl_->Workers(); }
const absl::Status& Coordinator::Health() const { return impl_->Health(); }
absl::StatusOr<Coordinator::SessionId> Coordinator::Connect(std::shared_ptr<WorkerLink> link, WorkerHello hello) {
  return impl_->Connect(std::move(link), std::move(hello));
}
void Coordinator::Ready(SessionId session, std::int64_t slots) { impl_->Ready(session, slots); }
void Coordinator::Report(SessionId session, EpochReport report) { impl_->Report(session, std::move(report)); }
void Coordinator::Finish(SessionId session, const TrialOutcome& outcome) { impl_->Finish(session, outcome); }
void Coordinator::Heartbeat(SessionId session) { impl_->Heartbeat(session); }
void Coordinator::Drain(SessionId session) { impl_->Drain(session); }
void Coordinator::Disconnect(SessionId session) { impl_->Disconnect(session); }
absl::Status Coordinator::CheckClaim(const LeaseClaim& claim) const { return impl_->CheckClaim(claim); }
bool Coordinator::MayGoOn(const std::string& study, std::int64_t trial) const {
  return impl_->MayGoOn(study, trial);
}
void Coordinator::Tick() { impl_->Tick(); }

}  // namespace hpsearch::study
