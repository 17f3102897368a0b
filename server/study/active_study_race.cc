// Trials that run from rung to rung: paused where they are compared, queued again to go on, or ended there.
#include <algorithm>
#include <utility>

#include "server/study/active_study.h"

namespace hpsearch::study {

std::int64_t ActiveStudy::MostEpochs(std::int64_t number) const {
  const std::optional<std::int64_t> of_round = EpochsOfRound(*spec_, rounds_.RoundOf(number).number());
  return of_round ? *of_round : EpochsOf(*spec_, rounds_.PointOf(number));
}

bool ActiveStudy::MayGoOn(const TrialRecord& trial) const {
  return race_.stands() && !record_.extended_from && trial.epochs_planned < MostEpochs(trial.number);
}

bool ActiveStudy::HasGoneOn(const TrialRecord& trial) const {
  return race_.stands() && !record_.extended_from && trial.objective &&
         trial.epochs_planned > race_.FirstEpochs(trial.number, MostEpochs(trial.number));
}

absl::Status ActiveStudy::Recall(Store& store) {
  constexpr std::int64_t kAtOnce = 1000;  // held while they are read
  const std::int64_t first = rounds_.current().first_trial();
  const bool races = race_.stands() && !record_.extended_from;
  if (!early_.Remembers() && !races) return absl::OkStatus();
  for (std::int64_t from = early_.Remembers() ? 1 : first; from < record_.next_trial; from += kAtOnce) {
    std::vector<std::int64_t> numbers;
    for (std::int64_t i = from; i < std::min(from + kAtOnce, record_.next_trial); ++i) numbers.push_back(i);
    const absl::StatusOr<StoredStudy> stored = store.LoadStudy(record_.id, numbers);
    if (!stored.ok()) return stored.status();
    for (const StoredStudy::Open& trial : stored->open) {
      early_.Remember(trial.trial, trial.epochs);
      if (!races || trial.trial.number < first) continue;
      const std::optional<double> worth = race_.Restore(trial.trial, trial.epochs);
      // What its strategy knew of it, though it is not over.
      const bool over = IsFinal(trial.trial.state);
      if (chooser_ && worth && !over) chooser_->Ended(trial.trial.number, TrialState::kPaused, worth);
    }
  }
  if (races) race_.Restored();
  return absl::OkStatus();
}

void ActiveStudy::PauseTrial(std::int64_t number, Micros now, Decision& decision) {
  auto trial = running_.extract(number);
  TrialRecord& record = trial.mapped().record;
  record.state = TrialState::kPaused;
  record.reason.clear();
  sound_ = true;
  decision.Put(record_, record);
  if (chooser_) chooser_->Ended(number, record.state, record.objective);
  const TrialRecord paused = record;
  paused_.insert(std::move(trial));
  CarryOut(race_.Arrive(paused), now, decision);
}

void ActiveStudy::CarryOut(const TrialRace::Verdict& verdict, Micros now, Decision& decision) {
  for (const std::int64_t number : verdict.go_on) {
    if (record_.stopping) break;  // nothing is leased any more: they are at their end
    auto trial = paused_.extract(number);
    TrialRecord& record = trial.mapped().record;
    record.state = TrialState::kQueued;
    record.epochs_planned = race_.NextEpochs(record.epochs_planned, MostEpochs(number));
    decision.Put(record_, record);
    returned_.insert(std::move(trial));
  }
  for (const std::int64_t number : verdict.stop) StopPaused(number, now, decision);
}

void ActiveStudy::StopPaused(std::int64_t number, Micros now, Decision& decision) {
  TrialRecord record = std::move(paused_.extract(number).mapped().record);
  early_.Forget(number);
  // Else another version left it so.
  if (race_.stands()) record.reason = race_.WhyStopped(record);
  record.state = TrialState::kEarlyStopped;
  record.finished_at = now;
  decision.Put(record_, record);
  const std::optional<std::int64_t> best = record_.best_trial;
  Rank(record);
  if (record_.best_trial != best) decision.Put(record_);
}

void ActiveStudy::StopAllPaused(Micros now, Decision& decision) {
  while (!paused_.empty()) StopPaused(paused_.begin()->first, now, decision);
}

}  // namespace hpsearch::study
