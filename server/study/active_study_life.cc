// The life cycle of a study: pausing and stopping, from round to round, and its end.
#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <utility>

#include "server/study/active_study.h"

namespace hpsearch::study {
namespace {

// What a study that is being stopped says until its last trial has finished.
constexpr const char* kStopping = "stopping: its running trials finish";

}  // namespace

absl::Status ActiveStudy::Pause(Decision& decision) {
  if (record_.stopping) return absl::FailedPreconditionError(fmt::format("study {} is stopping", record_.name));
  if (record_.state == StudyState::kPaused) return absl::OkStatus();
  record_.state = StudyState::kPaused;
  record_.reason.clear();
  decision.Put(record_);
  return absl::OkStatus();
}

absl::Status ActiveStudy::Resume(Decision& decision) {
  if (record_.stopping) return absl::FailedPreconditionError(fmt::format("study {} is stopping", record_.name));
  if (record_.state == StudyState::kRunning) return absl::OkStatus();
  record_.state = StudyState::kRunning;
  decision.Put(record_);
  return absl::OkStatus();
}

void ActiveStudy::Stop(const std::string& reason, Decision& decision) {
  if (record_.stopping) return;
  record_.state = StudyState::kRunning;  // a pause is over: it ends once its running trials do
  record_.stopping = true;
  record_.reason = reason.empty() ? kStopping : reason;
  decision.Put(record_);
}

void ActiveStudy::Wait(const std::string& reason, Decision& decision) {
  if (record_.reason == reason) return;
  record_.reason = reason;
  decision.Put(record_);
}

bool ActiveStudy::Overdue(Micros now) const {
  const std::optional<double>& limit = spec_->limits.max_seconds;
  if (!limit || !record_.started_at || record_.stopping || record_.extended_from || ended()) return false;
  return static_cast<double>(now - (by_hand_ ? opened_at_ : *record_.started_at)) > *limit * 1e6;
}

void ActiveStudy::End(StudyState state, const std::string& reason, Micros now, Decision& decision) {
  StopAllPaused(now, decision);
  // Those that were to go on from a rung stand there like those that were paused.
  std::set<std::int64_t> at_rung;
  for (const auto& [number, trial] : returned_) {
    if (HasGoneOn(trial.record)) at_rung.insert(number);
  }
  race_.Close();
  while (!running_.empty()) Conclude(running_.begin()->first, TrialState::kCancelled, reason, now, decision);
  for (auto& [number, trial] : returned_) {
    trial.record.state = at_rung.contains(number) ? TrialState::kEarlyStopped : TrialState::kCancelled;
    if (at_rung.contains(number)) trial.record.reason = "the study ended before it went on";
    trial.record.finished_at = now;
    KeepEarlierResult(trial.record);
    decision.Put(record_, trial.record);
    Rank(trial.record);
  }
  returned_.clear();
  record_.state = state;
  record_.reason = reason;
  record_.stopping = false;
  record_.extended_from.reset();
  record_.finished_at = now;
  decision.Put(record_);
}

StudyState ActiveStudy::Failure() const {
  return record_.extended_from.value_or(by_hand_ ? StudyState::kStopped : StudyState::kFailed);
}

bool ActiveStudy::Settle(Micros now, Decision& decision) {
  if (ended()) return false;
  if (failed_ > spec_->limits.max_failed_trials) {
    End(Failure(),
        fmt::format("{} trials failed, more than limits.max_failed_trials ({}); the last, {}", failed_,
                    spec_->limits.max_failed_trials, failure_),
        now, decision);
    return false;
  }
  if (record_.stopping) {
    if (!running_.empty()) return false;
    End(record_.extended_from.value_or(StudyState::kStopped), record_.reason == kStopping ? "" : record_.reason,
        now, decision);
    return false;
  }
  if (record_.extended_from) {
    if (running_.empty() && returned_.empty()) End(*record_.extended_from, "", now, decision);
    return false;
  }
  const bool over = record_.next_trial > rounds_.trials() && returned_.empty() && running_.empty();
  if (record_.state != StudyState::kRunning || storing_ || !over) return false;
  return EndRound(now, decision);
}

std::optional<std::string> ActiveStudy::GainedTooLittle() const {
  const search::Refinement& refine = *spec_->search.refine;
  if (!best_before_.objective) return std::nullopt;
  const BestPoint& best = best_.front();
  const double gain = spec_->objective.direction == Objective::Direction::kMinimize
                          ? *best_before_.objective - best.objective
                          : best.objective - *best_before_.objective;
  if (refine.min_gain && gain < *refine.min_gain) {
    return fmt::format("round {} gained {:g}, less than refine.min_gain ({})", rounds_.current().number(), gain,
                       *refine.min_gain);
  }
  const std::optional<double> noise = StandardErrorOfDifference(best_before_.standard_error, best.standard_error);
  if (!refine.until_noise || !noise || gain > *noise) return std::nullopt;
  return fmt::format("round {} gained {:g}, no more than the noise of its replicates (standard error {:.2g})",
                     rounds_.current().number(), gain, *noise);
}

bool ActiveStudy::EndRound(Micros now, Decision& decision) {
  StopAllPaused(now, decision);
  if (best_.empty()) {
    End(Failure(),
        fmt::format("no {} of round {} was completed: there is no best to {}{}{}",
                    points_.stands() ? "point" : "trial", rounds_.current().number(),
                    rounds_.last() ? "show" : "refine around", failure_.empty() ? "" : "; ", failure_),
        now, decision);
    return false;
  }
  if (by_hand_ || rounds_.last()) {
    End(StudyState::kCompleted, "", now, decision);
    return false;
  }
  if (const std::optional<std::string> reason = GainedTooLittle()) {
    End(StudyState::kCompleted, *reason, now, decision);
    return false;
  }
  std::vector<std::int64_t> centres;
  for (const BestPoint& best : best_) centres.push_back(best.trial);
  const std::vector<std::int64_t> used = rounds_.CentresAmong(centres);
  search::Rounds next = rounds_;
  next.Refine(centres);
  if (next.trials() > spec_->limits.max_trials) {
    End(StudyState::kCompleted,
        fmt::format("round {} would make {} trials, more than limits.max_trials ({})", next.current().number(),
                    next.trials(), spec_->limits.max_trials),
        now, decision);
    return false;
  }
  rounds_ = std::move(next);
  race_.Open(rounds_.current().first_trial(), rounds_.current().size());
  storing_ = true;
  best_before_ = BoxOf(best_.front());
  record_.planned_trials = rounds_.trials();
  decision.Put(record_);
  std::vector<BoxCentre> boxes;
  for (const BestPoint& best : best_) {
    if (std::ranges::find(used, best.trial) != used.end()) boxes.push_back(BoxOf(best));
  }
  decision.Add(PutRound{{.study = record_.id,
                         .number = rounds_.current().number(),
                         .first_trial = rounds_.current().first_trial(),
                         .trials = rounds_.current().size(),
                         .centres = std::move(centres),
                         .opened_at = now,
                         .boxes = BoxesOf(spec_->space, rounds_.current(), boxes),
                         .epochs = EpochsOfRound(*spec_, rounds_.current().number())}});
  return true;
}

}  // namespace hpsearch::study
