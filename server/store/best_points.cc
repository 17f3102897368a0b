#include "server/store/best_points.h"

#include <algorithm>
#include <string>

namespace hpsearch::store {
namespace {

constexpr char kStudy[] = "SELECT direction, extended_from IS NOT NULL FROM studies WHERE id = ?1";
constexpr char kTrials[] =
    "SELECT number, replicate, state, objective, reused_from, attempt FROM trials WHERE study = ?1 ORDER BY "
    "number";
constexpr char kReplicates[] =
    "SELECT CASE WHEN json_valid(spec) THEN json_extract(spec, '$.training.replicates') END FROM studies WHERE "
    "id = ?1";
constexpr std::int64_t kMostReplicates = 1000;  // a damaged row may say anything
constexpr char kParameters[] = "SELECT parameters FROM trials WHERE study = ?1 AND number = ?2";

std::string ParametersOf(Statements& statements, std::int64_t study, std::int64_t trial) {
  Query query(statements, kParameters, study, trial);
  return query.Next() ? Columns(query).Text() : "";
}

}  // namespace

std::int64_t ReplicatesOf(Statements& statements, std::int64_t study) {
  Query query(statements, kReplicates, study);
  const std::optional<std::int64_t> replicates = query.Next() ? Columns(query).OptionalInteger() : std::nullopt;
  return std::clamp<std::int64_t>(replicates.value_or(1), 1, kMostReplicates);
}

study::RankedPoints ReadBestPoints(Statements& statements, std::int64_t study, std::int64_t replicates,
                                   std::int64_t limit) {
  Query query(statements, kStudy, study);
  if (!query.Next()) return {/*minimize=*/true, limit};
  Columns of_study(query);
  const bool minimize = of_study.Text() == "minimize";
  const bool extended = of_study.Integer() != 0;
  study::PointRanking ranking(replicates, minimize, limit);
  for (Query trials(statements, kTrials, study); trials.Next();) {
    Columns columns(trials);
    study::TrialRecord trial;
    trial.number = columns.Integer();
    trial.replicate = columns.Integer();
    trial.state = study::TrialStateFrom(columns.Text()).value_or(study::TrialState::kFailed);
    trial.objective = columns.OptionalReal();
    trial.reused_from = columns.OptionalInteger();
    trial.attempt = columns.Integer();
    if (extended && !IsFinal(trial.state) && trial.objective) trial.state = study::TrialState::kCompleted;
    ranking.Add(trial);
  }
  return ranking.best();
}

std::optional<PointRow> BestPointOf(Statements& statements, std::int64_t study, std::int64_t best_trial,
                                    const std::vector<study::PointResult>& ranked) {
  const auto best = std::ranges::find(ranked, best_trial, &study::PointResult::trial);
  if (best == ranked.end()) return std::nullopt;
  PointRow row{.results = best->results,
               .mean = *best->mean,
               .standard_deviation = best->standard_deviation,
               .standard_error = best->standard_error()};
  const std::string parameters = ParametersOf(statements, study, best->trial);
  for (const study::PointResult& other : ranked) {
    // A point that a later round went on with stands twice among them.
    if (ParametersOf(statements, study, other.trial) == parameters) continue;
    if (CannotBeTold(*best, other)) row.rival = {other.trial, *other.mean, other.standard_error()};
    break;
  }
  return row;
}

}  // namespace hpsearch::store
