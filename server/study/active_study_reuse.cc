// What was trained before: trials whose curve is known, of this study or of another one, take it over.
#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "server/study/active_study.h"
#include "server/study/data_hash.h"
#include "server/study/trial_key.h"

namespace hpsearch::study {
namespace {

// Of the same point: one that diverged says what becomes of all.
bool SaysMore(const TrialRecord& one, const TrialRecord& other) {
  const auto told = [](const TrialRecord& trial) {
    return std::pair(trial.state == TrialState::kDiverged, trial.epochs);
  };
  return told(one) > told(other);
}

bool EndsInDivergence(const std::vector<EpochRecord>& curve) {
  return !curve.empty() && !std::isfinite(curve.back().train_loss);
}

}  // namespace

bool ActiveStudy::Begin(const WorkerHello& worker, Decision& decision) {
  if (!record_.data_hash.empty() && !record_.numerics_digest.empty()) return false;
  if (record_.data_hash.empty()) record_.data_hash = DataHashOf(spec_->datasets, worker);
  if (record_.numerics_digest.empty()) record_.numerics_digest = worker.numerics_digest;
  decision.Put(record_);
  return true;
}

absl::StatusOr<std::optional<ActiveStudy::KnownCurve>> ActiveStudy::Known(Store& store, std::int64_t trial) {
  std::optional<KnownCurve> most;
  for (const std::int64_t equal : rounds_.EarlierEqual(trial)) {
    absl::StatusOr<TrialRecord> earlier = store.FindTrial(record_.id, equal);
    if (absl::IsNotFound(earlier.status())) continue;  // taken over just now, not stored yet
    if (!earlier.ok()) return earlier.status();
    if (WasTrained(earlier->state) && (!most || SaysMore(*earlier, most->trial)))
      most = KnownCurve{.trial = *std::move(earlier)};
  }
  if (most && !GoesOnFrom(*most, trial)) return most;
  // Where a rule might have ended it, a whole curve is not what would come of the trial.
  if (looks_elsewhere_ && spec_->reuse && spec_->stopping.empty()) {
    absl::StatusOr<std::optional<KnownCurve>> elsewhere = KnownElsewhere(store, trial);
    if (!elsewhere.ok() || *elsewhere) return elsewhere;
  }
  if (!most) return most;
  // Looked for once more before the lease (LookAgain); the curve of a trial that has ended is what it was.
  if (goes_on_from_ && goes_on_from_->trial.number == most->trial.number &&
      goes_on_from_->trial.epochs == most->trial.epochs) {
    most->curve = std::move(goes_on_from_->curve);
    return most;
  }
  absl::StatusOr<std::vector<EpochRecord>> curve = store.ReadCurve(record_.id, most->trial.number);
  if (absl::IsUnavailable(curve.status())) return curve.status();
  if (!curve.ok()) {
    spdlog::warn("{}/{} is trained from its beginning, since the curve of {} cannot be read: {}", record_.name,
                 trial, most->trial.number, std::string(curve.status().message()));
    return std::nullopt;
  }
  most->curve = *std::move(curve);
  return most;
}

absl::StatusOr<std::optional<ActiveStudy::KnownCurve>> ActiveStudy::KnownElsewhere(Store& store,
                                                                                   std::int64_t number) {
  const search::Point point = rounds_.PointOf(number);
  if (!next_ || next_->trial != number) next_ = Next{.trial = number, .plan = PlanOf(*spec_, point)};
  next_->plan.replicate = rounds_.ReplicateOf(number);
  if (next_->key.empty()) next_->key = KeyOf(next_->plan, record_);
  if (next_->key.empty()) return std::nullopt;
  const absl::StatusOr<std::vector<TrialRecord>> trained = store.TrainedAs(next_->key);
  if (!trained.ok()) return trained.status();
  const std::int64_t planned = MostEpochs(number);
  next_->shorter.clear();
  for (const TrialRecord& trial : *trained) {
    const bool shorter = trial.epochs < planned && trial.state != TrialState::kDiverged;
    if (trial.study == record_.id || (shorter && !next_->shorter.empty())) continue;
    const absl::StatusOr<StudyRecord> study = store.FindStudyOf(trial.study);
    if (absl::IsNotFound(study.status())) continue;
    if (!study.ok()) return study.status();
    if (shorter) {
      next_->shorter = study->name;
      continue;
    }
    absl::StatusOr<std::vector<EpochRecord>> curve = store.ReadCurve(trial.study, trial.number);
    if (!curve.ok()) {
      spdlog::warn("{}/{} is trained anew, since the curve of {}/{} cannot be read: {}", record_.name, number,
                   study->name, trial.number, std::string(curve.status().message()));
      continue;
    }
    // One that diverges, does so in the same step of a longer training.
    const bool diverges = trial.epochs < trial.epochs_planned || EndsInDivergence(*curve);
    if (std::ssize(*curve) < planned && !diverges) continue;
    if (std::ssize(*curve) > planned) curve->resize(static_cast<std::size_t>(planned));
    return KnownCurve{.trial = trial, .study = study->name, .curve = *std::move(curve)};
  }
  return std::nullopt;
}

// Strategies may draw a point again. In a race the equal may be paused for as long as the round lasts: there it is
// trained again.
absl::StatusOr<ActiveStudy::Awaited> ActiveStudy::AwaitedBy(Store& store, std::int64_t trial) const {
  const std::vector<std::int64_t> equal = rounds_.EarlierEqual(trial);
  if (equal.empty() || race_.stands()) return Awaited::kNothing;
  const std::int64_t last = equal.back();
  if (rounds_.RoundOf(last).number() != rounds_.RoundOf(trial).number()) return Awaited::kNothing;
  if (running_.contains(last) || returned_.contains(last)) return Awaited::kEnd;
  const absl::StatusOr<TrialRecord> stored = store.FindTrial(record_.id, last);
  if (!stored.ok() && !absl::IsNotFound(stored.status())) return stored.status();
  return stored.ok() && IsFinal(stored->state) ? Awaited::kNothing : Awaited::kStored;
}

absl::StatusOr<bool> ActiveStudy::TakeOverKnown(Store& store, Micros now, Decision& decision) {
  if (record_.state != StudyState::kRunning || record_.stopping || record_.extended_from || storing_) return false;
  while (record_.next_trial <= rounds_.known() && checked_ != record_.next_trial) {
    if (decision.copies() >= kMostTakenOver || decision.copied_epochs() >= kMostEpochsTakenOver) {
      storing_ = true;
      return true;
    }
    absl::StatusOr<std::optional<KnownCurve>> known = Known(store, record_.next_trial);
    goes_on_from_.reset();
    if (!known.ok()) return known.status();
    if (!*known) {
      const absl::StatusOr<Awaited> awaited = AwaitedBy(store, record_.next_trial);
      if (!awaited.ok()) return awaited.status();
      storing_ = *awaited == Awaited::kStored;
      if (*awaited == Awaited::kNothing) checked_ = record_.next_trial;
      return storing_;
    }
    if (GoesOnFrom(**known, record_.next_trial)) {
      goes_on_from_ = *std::move(*known);
      checked_ = record_.next_trial;
      return false;
    }
    TakeOver(**known, now, decision);
  }
  return false;
}

// What a rule ended, or what diverged, is over.
bool ActiveStudy::GoesOnFrom(const KnownCurve& known, std::int64_t trial) const {
  return known.study.empty() && EpochsOfRound(*spec_, 1) && known.trial.state == TrialState::kCompleted &&
         known.trial.epochs < MostEpochs(trial);
}

void ActiveStudy::TakeUp(const KnownCurve& known, OpenTrial& trial) const {
  trial.epochs = known.curve;
  trial.record.reused_from = known.trial.number;
  trial.record.objective = known.trial.objective;
  trial.record.best_epoch = known.trial.best_epoch;
  trial.record.epochs = std::ssize(known.curve);
  trial.record.seconds = known.trial.seconds;
}

void ActiveStudy::TakeOver(const KnownCurve& known, Micros now, Decision& decision) {
  TrialRecord record = NewTrial(record_.next_trial).record;
  record.state = known.trial.state;
  record.reason = known.trial.reason;
  record.started_at = now;
  record.finished_at = now;
  CopyEpochs copy{record_.id, known.trial.number, record.number, known.trial.epochs, known.trial.study};
  if (known.study.empty()) {
    record.objective = known.trial.objective;
    record.best_epoch = known.trial.best_epoch;
    record.epochs = known.trial.epochs;
    record.epochs_planned = known.trial.epochs_planned;
    record.reused_from = known.trial.number;
  } else {
    copy.epochs = std::ssize(known.curve);
    TakeScore(known.curve, record);
    record.reused_elsewhere = {known.study, known.trial.number};
    if (record.state == TrialState::kCompleted) sound_ = true;
  }
  ++record_.next_trial;
  if (!record_.started_at) record_.started_at = now;
  Observe(record);
  decision.Put(record_, record);
  decision.Copy(copy);
  if (!known.study.empty() || points_.stands()) Rank(record);
  decision.Put(record_);
  if (race_.stands()) CarryOut(race_.Withdraw(record), now, decision);
}

// By this study's objective, which may be another than the one that it was trained for.
void ActiveStudy::TakeScore(const std::vector<EpochRecord>& curve, TrialRecord& record) const {
  Score score;
  for (const EpochRecord& epoch : curve) score = Advance(spec_->objective, score, epoch);
  record.epochs = std::ssize(curve);
  if (record.epochs < record.epochs_planned || EndsInDivergence(curve)) return;
  record.reason.clear();
  record.state = score.value ? TrialState::kCompleted : TrialState::kDiverged;
  if (!score.value) record.reason = fmt::format("{} is not finite", spec_->objective.metric);
  record.objective = score.value;
  record.best_epoch = score.epoch;
}

}  // namespace hpsearch::study
