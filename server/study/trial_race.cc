#include "server/study/trial_race.h"

#include <algorithm>

#include "server/study/objective.h"

namespace hpsearch::study {
namespace {

// What a trial is worth where it stands; nullopt: nothing.
std::optional<double> ValueOf(const TrialRecord& trial) {
  const bool worth = trial.state == TrialState::kPaused || trial.state == TrialState::kCompleted ||
                     trial.state == TrialState::kEarlyStopped;
  return worth ? trial.objective : std::nullopt;
}

}  // namespace

TrialRace::TrialRace(const StudySpec& spec) : objective_(spec.objective) {
  const stopping::Section::Entry* entry = spec.stopping.race();
  if (entry == nullptr) return;
  name_ = entry->kind->keys.name;
  plan_ = entry->kind->race(entry->settings, spec.stopping.epochs);
  Open(1, 0);
}

void TrialRace::Open(std::int64_t first_trial, std::int64_t trials) {
  if (name_.empty()) return;
  first_trial_ = first_trial;
  race_.emplace(plan_, objective_.direction == Objective::Direction::kMaximize, trials);
}

std::int64_t TrialRace::FirstEpochs(std::int64_t trial, std::int64_t most) const {
  const int rung = race_->FirstRung(trial - first_trial_);
  return rung < race_->top() ? std::min(race_->EpochsAt(rung), most) : most;
}

std::int64_t TrialRace::NextEpochs(std::int64_t planned, std::int64_t most) const {
  const int rung = race_->RungAt(planned) + 1;
  return rung < race_->top() ? std::min(race_->EpochsAt(rung), most) : most;
}

TrialRace::Verdict TrialRace::Numbered(const stopping::Race::Verdict& verdict) const {
  Verdict numbered;
  for (const std::int64_t index : verdict.go_on) numbered.go_on.push_back(first_trial_ + index);
  for (const std::int64_t index : verdict.stop) numbered.stop.push_back(first_trial_ + index);
  return numbered;
}

// Of a trial that can have fewer epochs than its bracket begins with, the bracket's first.
int TrialRace::RungOf(const TrialRecord& trial) const {
  return std::max(race_->RungAt(trial.epochs_planned), race_->FirstRung(IndexOf(trial)));
}

TrialRace::Verdict TrialRace::Arrive(const TrialRecord& trial) {
  return Numbered(
      race_->Arrive(IndexOf(trial), RungOf(trial), ValueOf(trial), trial.state == TrialState::kPaused));
}

TrialRace::Verdict TrialRace::Withdraw(const TrialRecord& trial) {
  return Numbered(race_->Withdraw(IndexOf(trial)));
}

std::optional<double> TrialRace::Restore(const TrialRecord& trial, const std::vector<EpochRecord>& epochs) {
  if (trial.reused_from) {
    race_->RestoreWithdrawn(IndexOf(trial));
    return std::nullopt;
  }
  const int at = RungOf(trial);
  Score score;
  std::size_t known = 0;
  for (int rung = race_->FirstRung(IndexOf(trial)); rung < std::min(at, race_->top()); ++rung) {
    const auto upto = std::min(epochs.size(), static_cast<std::size_t>(race_->EpochsAt(rung)));
    for (; known < upto; ++known) score = Advance(objective_, score, epochs[known]);
    race_->Restore(IndexOf(trial), rung, score.value, /*open=*/false, /*went_on=*/true);
  }
  const bool paused = trial.state == TrialState::kPaused;
  if (!paused && !IsFinal(trial.state)) return score.value;
  race_->Restore(IndexOf(trial), at, ValueOf(trial), paused, /*went_on=*/false);
  return ValueOf(trial);
}

std::string TrialRace::WhyStopped(const TrialRecord& trial) const {
  return name_ + ": " + race_->Standing(IndexOf(trial), RungOf(trial));
}

}  // namespace hpsearch::study
