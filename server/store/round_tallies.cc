#include "server/store/round_tallies.h"

#include <algorithm>
#include <limits>

#include "server/store/best_points.h"

namespace hpsearch::store {
namespace {

constexpr std::size_t kMostStudies = 16;
constexpr char kSince[] =
    "SELECT coalesce(finished_at, '') || ' ' || coalesce(extended_from, ''), direction FROM studies WHERE id = ?1";
// The table itself is in the order of the numbers, and has what no index does.
constexpr char kTrials[] = R"sql(
  SELECT number, replicate, round, state, objective, reused_from IS NOT NULL OR reused_study <> '',
         reused_from IS NOT NULL AND attempt > 0
  FROM trials WHERE study = ?1 AND number BETWEEN ?2 AND ?3 ORDER BY number)sql";

struct Seen {
  std::int64_t number = 0, replicate = 0, round = 0;
  std::optional<study::TrialState> state;
  std::optional<double> objective;
  bool reused = false, extended = false;

  bool final() const { return state.has_value() && study::IsFinal(*state); }
  bool competes() const {
    return state == study::TrialState::kCompleted || state == study::TrialState::kEarlyStopped;
  }
};

Seen Read(Query& query) {
  Columns columns(query);
  Seen trial;
  trial.number = columns.Integer();
  trial.replicate = columns.Integer();
  trial.round = columns.Integer();
  trial.state = study::TrialStateFrom(columns.Text());
  trial.objective = columns.OptionalReal();
  trial.reused = columns.Integer() != 0;
  trial.extended = columns.Integer() != 0;
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

void Count(const Seen& trial, bool minimize, study::Replicates& points, RoundTally& tally) {
  if (trial.reused) {
    ++tally.reused;
    if (trial.extended) ++tally.extended;
  } else if (study::WasTrained(*trial.state)) {
    ++tally.trained;
  }
  if (!points.stands()) {
    if (trial.competes() && trial.objective) Rank(trial.number, *trial.objective, minimize, tally);
    return;
  }
  study::TrialRecord record;
  record.number = trial.number;
  record.replicate = trial.replicate;
  record.state = *trial.state;
  record.objective = trial.objective;
  const std::optional<study::PointResult> point = points.Add(record);
  if (point && point->mean) Rank(point->trial, *point->mean, minimize, tally);
}

}  // namespace

const std::map<std::int64_t, RoundTally>& RoundTallies::Of(std::int64_t study, Statements& statements) {
  std::string since;
  bool minimize = true;
  if (Query query(statements, kSince, study); query.Next()) {
    Columns columns(query);
    since = columns.Text();
    minimize = columns.Text() == "minimize";
  }
  Counted& counted = Find(study, since, statements);
  for (auto number = counted.open.begin(); number != counted.open.end();) {
    Query query(statements, kTrials, study, *number, *number);
    const bool there = query.Next();
    const Seen trial = there ? Read(query) : Seen{};
    if (there && !trial.final()) {
      ++number;
      continue;
    }
    if (there) Count(trial, minimize, counted.points, counted.rounds[trial.round]);
    number = counted.open.erase(number);
  }
  constexpr std::int64_t kEnd = std::numeric_limits<std::int64_t>::max();
  for (Query query(statements, kTrials, study, counted.read_to + 1, kEnd); query.Next();) {
    const Seen trial = Read(query);
    if (trial.final()) {
      Count(trial, minimize, counted.points, counted.rounds[trial.round]);
    } else {
      counted.open.insert(trial.number);
    }
    counted.read_to = trial.number;
  }
  return counted.rounds;
}

RoundTallies::Counted& RoundTallies::Find(std::int64_t study, const std::string& since, Statements& statements) {
  const auto found = std::ranges::find(studies_, study, &Counted::study);
  if (found != studies_.end() && found->since == since) {
    studies_.splice(studies_.begin(), studies_, found);
    return studies_.front();
  }
  if (found != studies_.end()) studies_.erase(found);
  const study::Replicates points(ReplicatesOf(statements, study));
  if (studies_.size() == kMostStudies) studies_.pop_back();
  studies_.push_front({.study = study, .since = since, .read_to = 0, .open = {}, .points = points, .rounds = {}});
  return studies_.front();
}

}  // namespace hpsearch::store
