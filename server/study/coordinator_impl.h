// The inside of the coordinator: what it holds in memory, and the steps that its commands share. A command makes
// one Decision, lets the studies that it touched settle, gives out what can be leased now, and submits.
//
// Files: coordinator.cc (recovery, failure of the store, time), coordinator_clients.cc (StudyService's commands),
// coordinator_extension.cc and coordinator_refinement.cc (those that make an ended study go on),
// coordinator_workers.cc (sessions and what they say), dispatch.cc (settling, leasing, losing).
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <vector>

#include "server/study/active_study.h"
#include "server/study/coordinator.h"
#include "server/study/decision.h"
#include "server/study/fair_shares.h"
#include "server/study/lease.h"
#include "server/study/worker_registry.h"

namespace hpsearch::study {

// A worker that has lost its session has another one within so long: its longest pause between two tries, and
// some.
inline constexpr Micros kComesBack = 6'000'000;
// Silent for so long, an idle worker has missed two beats: its machine may be gone, and its connection not know
// it.
inline constexpr auto kPresumedDead = static_cast<Micros>(2.5e6 * kIdleBeatSeconds);

// While nothing can be stored, that is tried so often.
inline constexpr Micros kTryAfter = 1'000'000;

class Coordinator::Impl {
 public:
  Impl(Store& store, const Clock& clock, Background& background, Listener listener);

  absl::Status Recover();
  void CreateStudy(const std::string& request_id, std::shared_ptr<const StudySpec> spec, Reply<StudyAnswer> reply);
  void ChangeState(const std::string& request_id, const std::string& name, Action action,
                   Reply<StudyAnswer> reply);
  void ExtendStudy(const std::string& request_id, const std::string& name, const Extension& extension,
                   Reply<StudyAnswer> reply);
  void RefineStudy(const std::string& request_id, const std::string& name, const Refining& refining,
                   Reply<StudyAnswer> reply);
  std::vector<WorkerView> Workers() const;
  const absl::Status& Health() const { return health_; }
  absl::StatusOr<SessionId> Connect(std::shared_ptr<WorkerLink> link, WorkerHello hello);
  void Ready(SessionId session, std::int64_t slots);
  void Report(SessionId session, EpochReport report);
  void Finish(SessionId session, const TrialOutcome& outcome);
  void Heartbeat(SessionId session);
  void Drain(SessionId session);
  void Disconnect(SessionId session);
  absl::Status CheckClaim(const LeaseClaim& claim) const;
  bool MayGoOn(const std::string& study, std::int64_t trial) const;
  void Tick();

 private:
  // Memory and store.
  absl::Status Load();
  // One study into memory. Its own faults are remembered in refused_, and it is left out.
  absl::Status Load(const StoredStudy& stored);
  // Why a study that has not ended is not among the active ones.
  absl::Status WhyRefused(const std::string& name) const;
  void StoreFailed(const absl::Status& why);
  // While nothing can be stored: reads the studies and tries to store them as they are.
  void TryStore();
  // Tells watchers once that all studies wait for that.
  void TellOfWaiting();
  void Expire(Decision& decision);
  void SettleAll(Decision& decision);
  // Those that are gone for long, and the longest gone where they are many.
  void ForgetWorkers(Decision& decision);

  // Studies.
  ActiveStudy* Active(const std::string& name);
  // The study's record, of memory where it is there. NOT_FOUND: there is no such study.
  absl::StatusOr<StudyRecord> RecordOfStudy(const std::string& name);
  // What a new study begins with: those of its `search.warm_start`.
  absl::StatusOr<std::vector<EarlierResult>> EarlierResults(const StudySpec& spec);
  // What follows for a study from what has happened to it and to the workers.
  void Settle(ActiveStudy& study, Decision& decision);
  void Judge(ActiveStudy& study, Decision& decision);
  // A worker that is between two sessions, or about to be, and that the study may suit. nullptr: none.
  const KnownWorker* MayComeBackFor(ActiveStudy& study) const;
  // A round, or trials that were taken over, are stored, and the study waits for that.
  void GoOn(std::int64_t study);

  // Requests.
  // A change of a study that is there: `change` decides on its record and returns what it is then, or an error,
  // behind which the decision is empty.
  void Request(const std::string& request_id, const std::string& verb, const std::string& name,
               Reply<StudyAnswer> reply,
               const std::function<absl::StatusOr<StudyRecord>(const StudyRecord&, Decision&)>& change);
  // nullopt: a new request. Else the first answer, or the error that the request_id is no good.
  std::optional<absl::StatusOr<StudyAnswer>> FirstAnswer(const std::string& request_id, const std::string& verb,
                                                         const std::string& study, const StudySpec* spec);
  void Remember(const std::string& request_id, const std::string& verb, const StudyAnswer& answer,
                Decision& decision);
  absl::Status Change(ActiveStudy& study, Action action, Decision& decision);
  // The study, active again, with the chosen trials queued.
  absl::StatusOr<std::vector<TrialRecord>> ToExtend(const StudyRecord& record, const StudySpec& spec,
                                                    const Extension& extension);
  absl::StatusOr<ActiveStudy*> Extend(const StudyRecord& record, const Extension& extension, Decision& decision);
  // The study, active again, with one more round.
  absl::StatusOr<ActiveStudy*> Refine(const StudyRecord& record, const Refining& refining, Decision& decision);

  // Leases.
  void Dispatch(Decision& decision);
  void DispatchTo(SessionId session, Decision& decision);
  // Those that have a trial to give, the oldest first, and their shares; and those that may have one once its
  // point is chosen.
  struct Rivals {
    std::vector<ActiveStudy*> studies;
    std::vector<Share*> shares;
    std::vector<ActiveStudy*> choosing;
  };
  Rivals WithNext() const;
  // While the worker wants more and there is a study that suits it. The strategies of studies that suit it and
  // lack a point are asked for one.
  void GrantFrom(const Rivals& rivals, SessionId session, Decision& decision);
  void Grant(KnownWorker& worker, ActiveStudy& study, Decision& decision);
  // A study that has begun, or was read: it and others of the same content and numerics look for each other's
  // trials.
  absl::Status Introduce(ActiveStudy& study);
  void Ask(ActiveStudy& study);
  void Answered(std::int64_t study, const PointChooser* asked, const std::vector<strategy::Coordinates>& points);
  void Deliver(SessionId session, const LeaseKey& key, const Lease& lease);
  // Requires: the trial is leased, or its study has ended over that.
  void EndLease(const LeaseKey& key);
  // The lease never reached its worker: the trial is queued again, and nothing is counted.
  void GiveBack(const LeaseKey& key, Decision& decision);
  // The worker was lost: the trial is queued again, or has failed.
  void Lose(const LeaseKey& key, const std::string& reason, Decision& decision);
  // The trial has an end, and the worker is told so.
  void Revoke(LeaseKey key, const std::string& reason, Decision& decision);
  void TellRevoked(const ActiveLease& lease, const std::string& reason, Decision& decision);
  // The lease, where it is this worker's by this attempt; binds it to the session again. nullptr: stale.
  const ActiveLease* Held(const std::string& worker, const std::string& study, std::int64_t trial,
                          std::int64_t attempt);

  // Sessions.
  // The worker of a session that is open, which has just given a sign of life.
  KnownWorker* Hear(SessionId session);
  void Tell(SessionId session, Decision& decision, std::function<void(WorkerLink&)> message);
  void Close(SessionId session, const absl::Status& why, Decision& decision);
  // Holds what a worker that has said hello names against the leases of its name.
  void TakeStock(const KnownWorker& worker, bool same_process, Decision& decision);
  // The worker's copy of the data set is no good: the trial goes to another one, now or once that comes back, or
  // the study fails.
  void PassOn(const KnownWorker& worker, ActiveStudy& study, const TrialOutcome& outcome, Decision& decision);
  void AnswerStaleOutcome(SessionId session, const TrialOutcome& outcome, Decision& decision);

  using Outcome = std::tuple<std::string, std::int64_t, std::int64_t>;  // study, trial, attempt

  Store& store_;
  const Clock& clock_;
  Background& background_;
  const Listener listener_;
  absl::Status health_;  // not OK: memory is not what is stored, or cannot be stored; nothing is decided
  bool trying_ = false;  // whether it can be stored
  bool told_ = false;    // that all studies wait
  Micros try_at_ = 0;    // not before, on the monotonic clock
  std::map<std::int64_t, std::unique_ptr<ActiveStudy>>
      studies_;  // by id, so by age; ended ones until that is stored
  std::map<std::string, std::int64_t> names_;
  std::set<std::int64_t> ending_;               // studies whose end is being stored
  std::map<std::string, std::string> refused_;  // open studies that this version cannot read, and why
  std::int64_t last_study_ = 0;
  LeaseTable leases_;
  FairShares shares_;
  WorkerRegistry workers_;
  std::set<std::string> gone_;                   // workers that are stored as connected, of an earlier life
  std::map<std::string, std::string> requests_;  // answers that are being stored
  std::set<Outcome> outcomes_;                   // that are being stored
  Micros last_tick_ = 0, loaded_at_ = 0;         // on the monotonic clock
  Outbox outbox_;
  // Of what is computed while this lives.
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace hpsearch::study
