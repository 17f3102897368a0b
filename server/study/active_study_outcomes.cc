// What comes of a lease: reports, outcomes, losses, and the best so far.
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "server/study/active_study.h"

namespace hpsearch::study {

absl::StatusOr<ActiveStudy::Reported> ActiveStudy::Report(std::int64_t number, std::vector<EpochRecord> epochs,
                                                          Micros now, Decision& decision) {
  OpenTrial& trial = running_.at(number);
  if (absl::Status status = CheckReport(trial, spec_->metrics, epochs); !status.ok()) return status;
  if (epochs.empty()) return Reported{.known = 0};
  const std::int64_t last = epochs.back().epoch;
  Continuation continuation = Continue(trial, std::move(epochs), now);
  if (continuation.differs) {
    Conclude(number, TrialState::kFailed,
             fmt::format("irreproducible: epoch {} of attempt {} differs from the one stored",
                         *continuation.differs, trial.record.attempt),
             now, decision, Earlier::kInDoubt);
    return Reported{.ended = "an epoch differs from the one stored"};
  }
  trial.reported = std::max(trial.reported, last);
  if (continuation.fresh.empty()) return Reported{.known = last};
  TrialRecord& record = trial.record;
  Score score{record.objective, record.best_epoch};
  const bool judged = early_.stands() && !record_.extended_from;
  const std::int64_t most = judged ? MostEpochs(number) : 0;
  std::optional<std::string> stopped;
  for (std::size_t i = 0; i < continuation.fresh.size() && !stopped; ++i) {
    const EpochRecord& epoch = continuation.fresh[i];
    score = Advance(spec_->objective, score, epoch);
    record.seconds += epoch.seconds;
    trial.epochs.push_back(epoch);
    // What lies behind the epoch at which a rule stops the trial never was, however far ahead its worker is.
    if (judged && (stopped = early_.Judge(trial, most))) continuation.fresh.resize(i + 1);
  }
  record.objective = score.value;
  record.best_epoch = score.epoch;
  record.epochs = static_cast<std::int64_t>(trial.epochs.size());
  decision.Put(record_, record);
  decision.Add(AppendEpochs{record_.id, number, record.attempt, std::move(continuation.fresh)});
  decision.Tell({Event::Kind::kEpochs, record_.name, number});
  if (!stopped) return Reported{.known = last};
  const std::int64_t stands = record.epochs;
  StopTrial(number, *stopped, now, decision);
  return Reported{.known = stands, .ended = *std::move(stopped)};
}

void ActiveStudy::Finish(const TrialOutcome& outcome, Micros now, Decision& decision) {
  const std::int64_t number = outcome.trial;
  const std::string reason = outcome.reason.empty() ? "the worker gave no reason" : outcome.reason;
  switch (outcome.kind) {
    case TrialOutcome::Kind::kCompleted:
      CompleteOrDiverge(number, now, decision);
      break;
    case TrialOutcome::Kind::kDiverged:
      Conclude(number, TrialState::kDiverged, outcome.reason, now, decision);
      break;
    case TrialOutcome::Kind::kFailed:
      Lose(number, reason, now, decision);
      break;
    case TrialOutcome::Kind::kDataFault:
      Conclude(number, TrialState::kFailed, reason, now, decision);
      End(Failure(), reason, now, decision);
      break;
    case TrialOutcome::Kind::kReturned:
      Return(number, decision);
      break;
  }
}

void ActiveStudy::CompleteOrDiverge(std::int64_t number, Micros now, Decision& decision) {
  const OpenTrial& trial = running_.at(number);
  if (trial.reported < trial.record.epochs_planned) {
    Conclude(number, TrialState::kFailed,
             fmt::format("the worker called it complete after {} of {} epochs", trial.reported,
                         trial.record.epochs_planned),
             now, decision);
  } else if (!trial.record.objective) {
    Conclude(number, TrialState::kDiverged, fmt::format("{} is not finite", spec_->objective.metric), now,
             decision);
  } else if (MayGoOn(trial.record)) {
    PauseTrial(number, now, decision);
  } else {
    Conclude(number, TrialState::kCompleted, "", now, decision);
  }
}

void ActiveStudy::StopTrial(std::int64_t number, const std::string& reason, Micros now, Decision& decision) {
  const bool result = running_.at(number).record.objective.has_value();
  // A curve that a rule cut short is no other study's, which may see more in it.
  if (!result) running_.at(number).record.key.clear();
  Conclude(number, result ? TrialState::kEarlyStopped : TrialState::kDiverged, reason, now, decision);
}

void ActiveStudy::KeepEarlierResult(TrialRecord& record) const {
  const bool none_of_its_own = record.state == TrialState::kFailed || record.state == TrialState::kCancelled;
  if (!record_.extended_from || !record.objective || !none_of_its_own) return;
  record.state = TrialState::kCompleted;
  record.reason = fmt::format("extended to {} of {} epochs: {}", record.epochs, record.epochs_planned,
                              record.reason.empty() ? "it was ended" : record.reason);
}

void ActiveStudy::Conclude(std::int64_t number, TrialState state, const std::string& reason, Micros now,
                           Decision& decision, Earlier earlier) {
  OpenTrial trial = std::move(running_.extract(number).mapped());
  TrialRecord& record = trial.record;
  record.state = state;
  record.reason = reason;
  record.finished_at = now;
  if (earlier == Earlier::kStands) KeepEarlierResult(record);
  state = record.state;
  if (WasTrained(state)) sound_ = true;
  early_.Ended(trial);
  if (state == TrialState::kFailed || state == TrialState::kDiverged) {
    record.objective.reset();
    record.best_epoch.reset();
  }
  if (state == TrialState::kFailed) {
    ++failed_;
    failure_ = fmt::format("trial {}: {}", number, reason);
  }
  Observe(record);
  decision.Put(record_, record);
  const std::optional<std::int64_t> best = record_.best_trial;
  Rank(record);
  if (record_.best_trial != best) decision.Put(record_);
  if (race_.stands() && !record_.extended_from) CarryOut(race_.Arrive(record), now, decision);
}

void ActiveStudy::Rank(const TrialRecord& trial) {
  if (points_.stands()) return RankPoint(trial);
  if (trial.state == TrialState::kCompleted || trial.state == TrialState::kEarlyStopped) return Consider(trial);
  Leave(trial.number);
}

void ActiveStudy::Consider(const TrialRecord& trial) {
  if (trial.objective) Enter({*trial.objective, trial.number, std::nullopt});
}

// It was among the best before it was extended.
void ActiveStudy::Leave(std::int64_t trial) {
  const auto same = [&](const auto& known) {
    return rounds_.FirstOfPoint(known.trial) == rounds_.FirstOfPoint(trial);
  };
  if (std::erase_if(best_, same) == 0) return;
  record_.best_trial = best_.empty() ? std::nullopt : std::optional(best_.front().trial);
}

void ActiveStudy::Enter(const BestPoint& point) {
  Leave(point.trial);
  const auto ahead = [this](const BestPoint& a, const BestPoint& b) {
    if (a.objective != b.objective) return Better(spec_->objective, a.objective, b.objective);
    return a.trial < b.trial;
  };
  best_.insert(std::upper_bound(best_.begin(), best_.end(), point, ahead), point);
  if (std::ssize(best_) > most_best_) best_.pop_back();
  record_.best_trial = best_.front().trial;
}

void ActiveStudy::Requeue(std::int64_t number, const std::string& reason, Decision& decision) {
  auto trial = running_.extract(number);
  TrialRecord& record = trial.mapped().record;
  record.state = TrialState::kQueued;
  record.reason = reason;
  decision.Put(record_, record);
  returned_.insert(std::move(trial));
}

void ActiveStudy::Return(std::int64_t number, Decision& decision) { Requeue(number, "", decision); }

void ActiveStudy::Lose(std::int64_t number, const std::string& reason, Micros now, Decision& decision) {
  TrialRecord& record = running_.at(number).record;
  ++record.lost;
  if (record.lost < spec_->limits.max_attempts) {
    Requeue(number, reason, decision);
  } else {
    Conclude(
        number, TrialState::kFailed,
        fmt::format("lost or failed {} times, the last time by worker {}: {}", record.lost, record.worker, reason),
        now, decision);
  }
}

}  // namespace hpsearch::study
