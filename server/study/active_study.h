// One study that has not ended: its rounds, the cursor over points that were never leased, trials that came back,
// trials under lease, and the best so far. It decides what is next and what an outcome means, in memory, and adds
// the changes to the decision that it is handed. It knows no leases' terms, no sessions and no I/O but one read.
//
// Threads: the coordinator's strand. Costs do not grow with the number of trials.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "server/search/round.h"
#include "server/study/curve.h"
#include "server/study/decision.h"
#include "server/study/early_stopping.h"
#include "server/study/fair_shares.h"
#include "server/study/named_point.h"
#include "server/study/objective.h"
#include "server/study/placement.h"
#include "server/study/point_chooser.h"
#include "server/study/records.h"
#include "server/study/replicates.h"
#include "server/study/round_boxes.h"
#include "server/study/spec.h"
#include "server/study/store.h"
#include "server/study/trial_race.h"
#include "server/study/worker_link.h"

namespace hpsearch::study {

class ActiveStudy {
 public:
  // A new study. `earlier`: what its strategy begins with (earlier_results.h). Errors as search::Rounds::Open has
  // them.
  static absl::StatusOr<std::unique_ptr<ActiveStudy>> Create(std::int64_t id,
                                                             std::shared_ptr<const StudySpec> spec,
                                                             std::vector<EarlierResult> earlier, Micros now,
                                                             Decision& decision);
  // The study as it was stored; trials that were RUNNING are so again. `best`: see Store::BestTrials; of no
  // concern where there are replicates, and RecallPoints is to be called. INTERNAL: the stored rounds have centres
  // that no round could have, or are not those that these give.
  static absl::StatusOr<std::unique_ptr<ActiveStudy>> Restore(const StoredStudy& stored,
                                                              std::shared_ptr<const StudySpec> spec,
                                                              const std::vector<TrialRecord>& best);
  // A study that has ended, its open trials queued to be trained to `epochs` in all. The others stand as they are:
  // nothing new is leased, no round opens, and it ends as it had ended. `best`: as Restore wants them, and as many
  // more as trials are extended, since those may come to be worse.
  static absl::StatusOr<std::unique_ptr<ActiveStudy>> Extend(StoredStudy stored,
                                                             std::shared_ptr<const StudySpec> spec,
                                                             const std::vector<TrialRecord>& best,
                                                             std::int64_t epochs, Decision& decision);
  // A study that has ended, with one more round, which is not stored yet: then Stored is to be called. A round
  // that was stopped ends behind what had begun of it. `best`: as Restore wants them. FAILED_PRECONDITION as
  // Coordinator has it.
  struct NewRound {
    std::vector<TrialRecord> around = {};  // each once; none: the best, unless `at` says where
    NamedValues at = {};
    std::optional<std::int64_t> num = {};  // points an axis
  };
  static absl::StatusOr<std::unique_ptr<ActiveStudy>> Refine(StoredStudy stored,
                                                             std::shared_ptr<const StudySpec> spec,
                                                             const std::vector<TrialRecord>& best,
                                                             const NewRound& asked, Store& store, Micros now,
                                                             Decision& decision);
  // Reads what its stopping rules want to know of trials that have ended. Behind Restore, before anything else;
  // NOT_FOUND: the study lacks rows.
  absl::Status Recall(Store& store);
  // Of a study with replicates (else nothing): the best points, and what the trials of open ones have come to.
  // Behind Restore and Extend, before Recall; Refine has it. Reads all trials' rows. NOT_FOUND: as Recall has it.
  absl::Status RecallPoints(Store& store);
  // How many of the best trials it wants to be restored with.
  static std::int64_t Around(const StudySpec& spec);

  const StudyRecord& record() const { return record_; }
  const StudySpec& spec() const { return *spec_; }
  bool ended() const { return IsFinal(record_.state); }
  const std::map<std::int64_t, OpenTrial>& running() const { return running_; }
  // It is leased, or will or may be again.
  bool IsOpen(std::int64_t trial) const {
    return running_.contains(trial) || returned_.contains(trial) || paused_.contains(trial);
  }
  // What it has of the workers' slots beside other studies. The coordinator's, which knows when a lease is over.
  Share& share() { return share_; }

  // Placement: see there.
  bool Suits(const WorkerHello& worker) { return placement_.Suits(record_, worker); }
  bool MaySuit(const WorkerHello& worker) { return placement_.MaySuit(record_, worker); }
  Outlook OutlookAmong(const std::vector<const WorkerHello*>& workers) {
    return placement_.OutlookAmong(record_, workers);
  }
  // From the content of the running trial's data set that the study began with, since that is what is leased.
  void Exclude(const WorkerHello& worker, std::int64_t trial, const std::string& reason);
  // A trial was trained to its end on that content.
  bool DataIsSound() const { return sound_; }
  // Whether another worker than that one has a trial of it.
  bool RunsBeside(const std::string& worker) const;

  // Leasing. There is a trial that may be leased now.
  bool HasNext() const;
  // Whether a worker could ever be of use: there is something to lease, and the state permits it.
  bool WantsWorkers() const;
  // Takes the data sets' contents and the numerics of the worker that is to get its first lease, which suits;
  // false: it has them.
  bool Begin(const WorkerHello& worker, Decision& decision);
  // Another study has begun with the same content and numerics: what it trains may be known from there. Before
  // that, nothing is looked for elsewhere, which would be a read for each lease.
  void LookElsewhere() { looks_elsewhere_ = true; }
  bool looks_elsewhere() const { return looks_elsewhere_; }
  // What was not known of the cursor's trial may be known by now: TakeOverKnown is to be called.
  void LookAgain() { checked_ = 0; }
  // The trial that came back with the lowest number, else the one at the cursor. Requires: HasNext, and that it
  // has begun.
  Lease LeaseNext(const WorkerHello& worker, Micros now, Decision& decision);
  // Whether it could lease another trial, were its point chosen; and what to ask its strategy for that, nullopt
  // where trials have to end before, or it is asked already. What comes of it, goes to Choose.
  bool LacksPoint() const;
  std::optional<PointChooser::Question> AskForPoints() { return chooser_->Ask(); }
  void Choose(const std::vector<strategy::Coordinates>& points);
  // nullptr: its strategy does not learn.
  const std::shared_ptr<PointChooser>& chooser() const { return chooser_; }
  // Takes over the trials at the cursor whose point was trained before, in this study or, unless the specification
  // says `reuse: false`, in another one, for as many epochs or more. Mostly a few, since a finer lattice has new
  // points between the known ones; but a round about a best point that lies out of its own bounds is the round
  // before once more. So it stops where the decision has kMostTakenOver, or kMostEpochsTakenOver in their curves
  // (the last of which may lead past that); true: there may be more, and nothing is leased until those are stored
  // and Stored is called. Reads the earlier trials; their rows are stored, since their rounds are over. An error
  // leaves the cursor where it is.
  static constexpr std::int64_t kMostTakenOver = 256;
  static constexpr std::int64_t kMostEpochsTakenOver = 50'000;
  absl::StatusOr<bool> TakeOverKnown(Store& store, Micros now, Decision& decision);

  // What comes of a lease. All require that the trial is running.
  struct Reported {
    std::optional<std::int64_t> known;  // up to this epoch all that was reported just now is; nullopt: it is void
    // Not empty: the trial has ended over that, for this reason: it is FAILED, since an epoch came with other
    // bits, or a stopping rule ended it behind `known`, the last epoch that stands.
    std::string ended;
  };
  // INVALID_ARGUMENT as CheckReport has it, and nothing changed.
  absl::StatusOr<Reported> Report(std::int64_t trial, std::vector<EpochRecord> epochs, Micros now,
                                  Decision& decision);
  void Finish(const TrialOutcome& outcome, Micros now, Decision& decision);
  // Queued again; not counted, since no worker lost it.
  void Return(std::int64_t trial, Decision& decision);
  // Queued again, or FAILED after limits.max_attempts of these.
  void Lose(std::int64_t trial, const std::string& reason, Micros now, Decision& decision);

  // The life cycle. FAILED_PRECONDITION names the state that does not permit it.
  absl::Status Pause(Decision& decision);
  absl::Status Resume(Decision& decision);
  // Nothing new is leased; once nothing runs, Settle ends the study. `reason` stays with it.
  void Stop(const std::string& reason, Decision& decision);
  void End(StudyState state, const std::string& reason, Micros now, Decision& decision);
  // Why a RUNNING study stands still; empty: it does not.
  void Wait(const std::string& reason, Decision& decision);
  // What follows from what has happened: ends the study, or opens the next round. Nothing of a new round may be
  // leased before the round is stored; then Stored is to be called. True: a round was opened.
  bool Settle(Micros now, Decision& decision);
  void Stored() { storing_ = false; }
  // limits.max_seconds are over.
  bool Overdue(Micros now) const;

 private:
  ActiveStudy(std::shared_ptr<const StudySpec> spec, search::Rounds rounds,
              std::vector<strategy::Observation> earlier);

  // Points that a strategy chose before the study was stored. INTERNAL: they are none.
  static absl::Status ChooseStored(const StoredStudy& stored, const StudySpec& spec, search::Rounds& rounds);
  // A round that was opened by hand, as its row has it, behind so many trials of the one before.
  static absl::Status ReopenByHand(const RoundRecord& round, std::int64_t ended, search::Rounds& rounds);
  struct BestPoint {
    double objective = 0;
    std::int64_t trial = 0;                // that stands for it
    std::optional<double> standard_error;  // of a mean
  };
  static BoxCentre BoxOf(const BestPoint& best) { return {best.trial, best.objective, best.standard_error}; }
  struct Centre {
    search::Point point;
    BoxCentre box;
  };
  absl::StatusOr<std::vector<Centre>> CentresOf(const NewRound& asked) const;
  // The trial's point, where it is one of the best that are known; a single replicate says little of it.
  std::optional<BestPoint> BestAt(std::int64_t trial) const;
  absl::Status OpenByHand(const NewRound& asked, Micros now, Decision& decision);
  bool HasFreeSlot() const;  // of limits.max_parallel_trials
  OpenTrial NewTrial(std::int64_t number) const;
  // The cursor's trial, where it was looked for elsewhere: what that took is of use again when it is leased.
  struct Next {
    std::int64_t trial = 0;
    TrialPlan plan;
    std::string key;      // empty: the study has not begun
    std::string shorter;  // another study, which has trained it for fewer epochs
  };
  // A trial that stands for another one.
  struct KnownCurve {
    TrialRecord trial;
    std::string study = {};  // its name, where it is another one
    // Of another study's trial as many epochs as are planned here, or all; of one that is gone on from, all.
    std::vector<EpochRecord> curve = {};
  };
  // It was trained for fewer epochs than the trial is to have: it goes on from there.
  bool GoesOnFrom(const KnownCurve& known, std::int64_t trial) const;
  // The trial has that curve, and goes on behind it.
  void TakeUp(const KnownCurve& known, OpenTrial& trial) const;
  // The trial at the cursor has the result of that one.
  void TakeOver(const KnownCurve& known, Micros now, Decision& decision);
  // What becomes of a trial with that curve.
  void TakeScore(const std::vector<EpochRecord>& curve, TrialRecord& record) const;
  // A trial that was extended and has FAILED or was CANCELLED has the result that it had before: COMPLETED.
  void KeepEarlierResult(TrialRecord& record) const;
  enum class Earlier { kStands, kInDoubt };  // what an extended trial had before
  // How it ends where it cannot go on. What a study had come to before it was extended, or refined by hand,
  // stands.
  StudyState Failure() const;
  // A final state for a running trial.
  void Conclude(std::int64_t trial, TrialState state, const std::string& reason, Micros now, Decision& decision,
                Earlier earlier = Earlier::kStands);
  // By a stopping rule. DIVERGED where there is no objective.
  void StopTrial(std::int64_t trial, const std::string& reason, Micros now, Decision& decision);
  std::int64_t MostEpochs(std::int64_t trial) const;  // that it can have
  // Of trials that run from rung to rung.
  bool MayGoOn(const TrialRecord& trial) const;    // behind the epochs that are planned
  bool HasGoneOn(const TrialRecord& trial) const;  // from a rung, where it had an objective
  void PauseTrial(std::int64_t trial, Micros now, Decision& decision);
  void CarryOut(const TrialRace::Verdict& verdict, Micros now, Decision& decision);
  void StopPaused(std::int64_t trial, Micros now, Decision& decision);
  void StopAllPaused(Micros now, Decision& decision);
  void Requeue(std::int64_t trial, const std::string& reason, Decision& decision);
  void CompleteOrDiverge(std::int64_t trial, Micros now, Decision& decision);
  // A trial that has ended, among the best or no longer among them.
  void Rank(const TrialRecord& trial);
  void RankPoint(const TrialRecord& trial);
  void Consider(const TrialRecord& trial);
  // What stands for the point (without replicates, for itself) is worth that; or the point is none of the best.
  void Enter(const BestPoint& point);
  void Leave(std::int64_t trial);
  // Its strategy hears of trials, or, where there are replicates, of points.
  void Observe(const TrialRecord& trial);
  void ObservePoint(const PointResult& point);
  bool EndRound(Micros now, Decision& decision);
  // Why no round follows, though one could: the last has gained too little.
  std::optional<std::string> GainedTooLittle() const;
  // An earlier trial at the same point whose curve stands; nullopt: the point is to be trained.
  absl::StatusOr<std::optional<KnownCurve>> Known(Store& store, std::int64_t trial);
  // Whether the trial's equal in its own round is on its way to an end that is then its own, or to the store.
  enum class Awaited { kNothing, kEnd, kStored };
  absl::StatusOr<Awaited> AwaitedBy(Store& store, std::int64_t trial) const;
  absl::StatusOr<std::optional<KnownCurve>> KnownElsewhere(Store& store, std::int64_t trial);

  std::shared_ptr<const StudySpec> spec_;
  Placement placement_;
  Share share_;
  search::Rounds rounds_;
  std::shared_ptr<PointChooser> chooser_;  // nullptr: the strategy does not learn
  EarlyStopping early_;
  TrialRace race_;
  StudyRecord record_;
  std::map<std::int64_t, OpenTrial> returned_;  // QUEUED rows
  std::map<std::int64_t, OpenTrial> running_;   // RUNNING rows
  std::map<std::int64_t, OpenTrial> paused_;    // PAUSED rows
  Replicates points_;                           // of which trials are to end yet
  RepeatedPoints repeated_;                     // of those that have ended
  std::vector<BestPoint> best_;                 // the best first; at most most_best_
  std::int64_t most_best_;                      // Around; more while trials are extended
  std::int64_t failed_ = 0;                     // trials; of a round by hand those of its own
  std::string failure_;                         // of the last FAILED trial
  bool looks_elsewhere_ = false;
  std::optional<Next> next_;
  std::optional<KnownCurve> goes_on_from_;  // of the cursor's trial, where it is to be leased
  BoxCentre best_before_;                   // the best when the round was opened; nothing in round 1
  std::int64_t checked_ = 0;                // the cursor's trial, once it is known that it must be trained
  bool sound_ = false;                      // a trial was trained to its end
  bool by_hand_ = false;                    // the round was asked for, and is the last
  Micros opened_at_ = 0;                    // the round
  bool storing_ = false;  // a round was opened, or many trials taken over, that are not stored yet
};

}  // namespace hpsearch::study
