#include "client/cli/point_rows.h"

#include <map>

#include "server/study/replicates.h"

namespace hpsearch::cli {

std::vector<store::TrialRow> PointRows(const std::vector<store::TrialRow>& trials, std::int64_t replicates) {
  study::Replicates points(replicates);
  std::map<std::int64_t, const store::TrialRow*> by_number;
  std::map<std::int64_t, store::TrialRow> rows;
  for (const store::TrialRow& trial : trials) {
    by_number[trial.trial] = &trial;
    study::TrialRecord record;
    record.number = trial.trial;
    record.replicate = trial.replicate;
    record.state = study::TrialStateFrom(trial.state).value_or(study::TrialState::kFailed);
    record.objective = trial.objective;
    record.attempt = trial.attempt;
    // Of another study is trained for this one.
    if (trial.reused_from && trial.reused_from->starts_with(trial.study + "/")) record.reused_from = 0;
    const std::optional<study::PointResult> point = points.Add(record);
    if (!point || !point->mean) continue;
    store::TrialRow& row = rows[point->trial] = *by_number.at(point->trial);
    row.objective = point->mean;
    if (!point->copied) row.reused_from.reset();
  }
  std::vector<store::TrialRow> result;
  result.reserve(rows.size());
  for (auto& [number, row] : rows) result.push_back(std::move(row));
  return result;
}

}  // namespace hpsearch::cli
