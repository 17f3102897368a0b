#include "server/store/study_tallies.h"

#include <algorithm>
#include <limits>

#include "server/store/best_points.h"

namespace hpsearch::store {
namespace {

constexpr std::size_t kMostStudies = 256;
constexpr char kSince[] =
    "SELECT coalesce(finished_at, '') || ' ' || coalesce(extended_from, ''), direction, extended_from IS NOT NULL "
    "FROM studies WHERE id = ?1";
// The table itself is in the order of the numbers, and has what no index does.
constexpr char kTrials[] = R"sql(
  SELECT number, replicate, round, state, objective, reused_from, attempt, reused_study
  FROM trials WHERE study = ?1 AND number BETWEEN ?2 AND ?3 ORDER BY number)sql";

study::TrialRecord Read(Query& query) {
  Columns columns(query);
  study::TrialRecord trial;
  trial.number = columns.Integer();
  trial.replicate = columns.Integer();
  trial.round = static_cast<int>(columns.Integer());
  trial.state = study::TrialStateFrom(columns.Text()).value_or(study::TrialState::kQueued);
  trial.objective = columns.OptionalReal();
  trial.reused_from = columns.OptionalInteger();
  trial.attempt = columns.Integer();
  trial.reused_elsewhere.study = columns.Text();
  return trial;
}

void Rank(std::int64_t trial, double objective, bool minimize, RoundTally& tally) {
  const bool better = minimize ? objective < tally.best_objective : objective > tally.best_objective;
  // Those that ran side by side end in any order: a tie goes to the lower number.
  const bool tie = objective == tally.best_objective && trial < tally.best_trial;
  if (tally.best_trial && !better && !tie) return;
  tally.best_trial = trial;
  tally.best_objective = objective;
}

}  // namespace

void StudyTallies::Counted::Add(const study::TrialRecord& trial) {
  RoundTally& tally = rounds[trial.round];
  if (trial.reused_from || !trial.reused_elsewhere.study.empty()) {
    ++tally.reused;
    if (trial.reused_from && trial.attempt > 0) ++tally.extended;
  } else if (study::WasTrained(trial.state)) {
    ++tally.trained;
  }
  if (points.stands()) {
    const std::optional<study::PointResult> point = points.Add(trial);
    if (!point) return;
    best.Enter(*point);
    if (point->mean) Rank(point->trial, *point->mean, minimize, tally);
    return;
  }
  const bool competes =
      trial.state == study::TrialState::kCompleted || trial.state == study::TrialState::kEarlyStopped;
  if (competes && trial.objective) Rank(trial.number, *trial.objective, minimize, tally);
}

const std::map<std::int64_t, RoundTally>& StudyTallies::Rounds(std::int64_t study, Statements& statements) {
  return Count(study, statements).rounds;
}

std::optional<PointRow> StudyTallies::BestPoint(std::int64_t study, std::int64_t best_trial,
                                                Statements& statements) {
  const std::int64_t replicates = ReplicatesOf(statements, study);
  if (replicates <= 1) return std::nullopt;
  const Counted& counted = Count(study, statements);
  if (!counted.extended) return BestPointOf(statements, study, best_trial, counted.best.all());
  const study::RankedPoints ranked = ReadBestPoints(statements, study, replicates, kMostRivals);
  return BestPointOf(statements, study, best_trial, ranked.all());
}

StudyTallies::Counted& StudyTallies::Count(std::int64_t study, Statements& statements) {
  Counted& counted = Find(study, statements);
  for (auto number = counted.open.begin(); number != counted.open.end();) {
    Query query(statements, kTrials, study, *number, *number);
    const bool there = query.Next();
    const study::TrialRecord trial = there ? Read(query) : study::TrialRecord();
    if (there && !study::IsFinal(trial.state)) {
      ++number;
      continue;
    }
    if (there) counted.Add(trial);
    number = counted.open.erase(number);
  }
  constexpr std::int64_t kEnd = std::numeric_limits<std::int64_t>::max();
  for (Query query(statements, kTrials, study, counted.read_to + 1, kEnd); query.Next();) {
    const study::TrialRecord trial = Read(query);
    if (study::IsFinal(trial.state)) {
      counted.Add(trial);
    } else {
      counted.open.insert(trial.number);
    }
    counted.read_to = trial.number;
  }
  return counted;
}

StudyTallies::Counted& StudyTallies::Find(std::int64_t study, Statements& statements) {
  std::string since;
  bool minimize = true, extended = false;
  if (Query query(statements, kSince, study); query.Next()) {
    Columns columns(query);
    since = columns.Text();
    minimize = columns.Text() == "minimize";
    extended = columns.Integer() != 0;
  }
  const auto found = std::ranges::find(studies_, study, &Counted::study);
  if (found != studies_.end() && found->since == since) {
    studies_.splice(studies_.begin(), studies_, found);
    return studies_.front();
  }
  if (found != studies_.end()) studies_.erase(found);
  Counted fresh{.study = study,
                .since = since,
                .minimize = minimize,
                .extended = extended,
                .read_to = 0,
                .open = {},
                .points = study::Replicates(ReplicatesOf(statements, study)),
                .best = study::RankedPoints(minimize, kMostRivals),
                .rounds = {}};
  if (studies_.size() == kMostStudies) studies_.pop_back();
  studies_.push_front(std::move(fresh));
  return studies_.front();
}

}  // namespace hpsearch::store
