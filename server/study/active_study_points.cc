// Points that are trained several times: what their trials come to together, and the best of them.
#include <algorithm>
#include <set>

#include "server/study/active_study.h"

namespace hpsearch::study {

void ActiveStudy::Observe(const TrialRecord& trial) {
  if (chooser_ && !points_.stands()) chooser_->Ended(trial.number, trial.state, trial.objective);
}

void ActiveStudy::ObservePoint(const PointResult& point) {
  if (!chooser_) return;
  const std::int64_t number = (point.first - 1) / points_.each() + 1;
  chooser_->Ended(number, point.mean ? TrialState::kCompleted : TrialState::kDiverged, point.mean);
}

void ActiveStudy::RankPoint(const TrialRecord& trial) {
  const std::optional<PointResult> point = points_.Add(trial);
  if (!point) return;
  ObservePoint(*point);
  if (repeated_.Repeats(*point) || point->copied) return;
  if (point->mean) {
    Enter({*point->mean, point->trial, point->standard_error()});
  } else {
    Leave(point->first);
  }
}

absl::Status ActiveStudy::RecallPoints(Store& store) {
  if (!points_.stands()) return absl::OkStatus();
  const absl::StatusOr<RankedPoints> best = store.BestPoints(record_, points_.each(), most_best_);
  if (!best.ok()) return best.status();
  for (const PointResult& point : best->all()) Enter({*point.mean, point.trial, point.standard_error()});
  repeated_ = best->repeated();

  std::set<std::int64_t> open;  // points, by their first trial
  for (const auto& [number, trial] : running_) open.insert(rounds_.FirstOfPoint(number));
  for (const auto& [number, trial] : returned_) open.insert(rounds_.FirstOfPoint(number));
  if (record_.next_trial <= rounds_.trials()) open.insert(rounds_.FirstOfPoint(record_.next_trial));
  for (const std::int64_t first : open) {
    const std::int64_t behind = std::min(first + points_.each(), record_.next_trial);
    for (std::int64_t number = first; number < behind; ++number) {
      if (IsOpen(number)) continue;
      const absl::StatusOr<TrialRecord> trial = store.FindTrial(record_.id, number);
      if (!trial.ok()) return trial.status();
      points_.Add(*trial);
    }
  }
  return absl::OkStatus();
}

}  // namespace hpsearch::study
