#include "server/store/study_rows.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <limits>
#include <string>
#include <tuple>
#include <utility>

namespace hpsearch::store {
namespace {

using study::StudyState;
using study::TrialState;

constexpr char kStudy[] = R"sql(
  SELECT s.id, v.study, v.state, v.metric, v.direction, v.reason, {}, v.created_at, v.started_at, v.finished_at,
         s.started_at, s.finished_at, s.planned_trials, s.max_trials, s.numerics_digest, s.data_hash, s.best_trial,
         (SELECT count(*) FROM rounds WHERE study = s.id)
  FROM studies s JOIN study_summary v ON v.study = s.name WHERE {})sql";
constexpr char kCounts[] = "SELECT state, trials, epochs FROM trial_counts WHERE study = ?1";
constexpr char kLearnt[] = R"sql(
  SELECT e.earlier_study, count(*) FROM studies s JOIN earlier_results e ON e.study = s.id WHERE s.name = ?1
  GROUP BY e.earlier_study ORDER BY min(e.number))sql";
constexpr char kRounds[] = R"sql(
  SELECT number, first_trial, trials, epochs, by_hand, num, boxes,
         strftime('%Y-%m-%dT%H:%M:%S', opened_at / 1000000, 'unixepoch') || printf('.%06dZ', opened_at % 1000000)
  FROM rounds WHERE study = ?1 AND number > ?2 ORDER BY number LIMIT ?3)sql";
// What epoch_curves has, and the columns that came later, which a view that never changes cannot have.
constexpr char kEpochs[] = R"sql(
  SELECT e.trial, e.epoch, e.train_loss, e.train_error, e.validation_loss, e.validation_error, e.learning_rate,
         e.seconds, strftime('%Y-%m-%dT%H:%M:%S', e.reported_at / 1000000, 'unixepoch') ||
                    printf('.%06dZ', e.reported_at % 1000000),
         e.gradient_norm, e.weight_norm, e.samples_per_second
  FROM studies s JOIN epochs e ON e.study = s.id WHERE s.name = ?1 AND {})sql";
constexpr char kMetrics[] = R"sql(
  SELECT m.trial, m.epoch, m.metric, m.value
  FROM studies s JOIN metrics m ON m.study = s.id WHERE s.name = ?1 AND {} ORDER BY m.trial, m.epoch, m.metric)sql";
constexpr char kWorkers[] = R"sql(
  SELECT name, slots, numerics_digest, datasets, connected,
         (SELECT count(*) FROM trials WHERE worker = name AND state = 'RUNNING'),
         strftime('%Y-%m-%dT%H:%M:%S', seen_at / 1000000, 'unixepoch') || printf('.%06dZ', seen_at % 1000000)
  FROM workers ORDER BY name)sql";

study::Micros Now() {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::microseconds>(now).count();
}

// In a damaged file they may be any numbers.
std::int64_t Sum(std::int64_t a, std::int64_t b) {
  std::int64_t sum = 0;
  if (!__builtin_add_overflow(a, b, &sum)) return sum;
  return a < 0 ? std::numeric_limits<std::int64_t>::min() : std::numeric_limits<std::int64_t>::max();
}

void CountTrials(Statements& statements, std::int64_t id, StudyRow& row) {
  std::array<std::int64_t, kTrialStates.size()> counts{};
  std::int64_t rows = 0;
  for (Query query(statements, kCounts, id); query.Next();) {
    Columns columns(query);
    const std::string name = columns.Text();
    const std::int64_t trials = columns.Integer();
    row.stored_epochs = Sum(row.stored_epochs, columns.Integer());
    rows = Sum(rows, trials);
    for (std::size_t i = 0; i < counts.size(); ++i) {
      if (study::ToString(kTrialStates[i]) == name) counts[i] = Sum(counts[i], trials);
    }
  }
  // A point of the grid has no row until it is leased: it waits, and is cancelled when the study ends before that.
  const std::optional<StudyState> state = study::StudyStateFrom(row.state);
  const bool ended = state.has_value() && study::IsFinal(*state);
  const TrialState untouched = ended ? TrialState::kCancelled : TrialState::kQueued;
  for (std::size_t i = 0; i < counts.size(); ++i) {
    const bool waiting = kTrialStates[i] == untouched && rows >= 0 && row.planned_trials > rows;
    if (waiting) counts[i] = Sum(counts[i], row.planned_trials - rows);
    if (counts[i] > 0) row.trial_counts.emplace_back(study::ToString(kTrialStates[i]), counts[i]);
  }
}

}  // namespace

const char* StudySql(Detail detail) {
  static const std::string whole = fmt::format(kStudy, "v.spec", "s.name = ?1");
  static const std::string without_spec = fmt::format(kStudy, "''", "s.name = ?1");
  return detail == Detail::kWhole ? whole.c_str() : without_spec.c_str();
}

const char* LearntSql() { return kLearnt; }

const char* StudiesSql() {
  static const std::string sql = fmt::format(kStudy, "''", "s.id < ?1 ORDER BY s.id DESC LIMIT ?2");
  return sql.c_str();
}

const char* TrialSql() {
  static const std::string sql = TrialsSql("AND trial = ?2");
  return sql.c_str();
}

const char* RoundsSql() { return kRounds; }

const char* CurveSql() {
  static const std::string sql = fmt::format(kEpochs, "e.trial = ?2 AND e.epoch > ?3 ORDER BY e.epoch LIMIT ?4");
  return sql.c_str();
}

const char* CurvesSql() {
  static const std::string sql = fmt::format(kEpochs, "e.trial >= ?2 AND e.trial < ?3 ORDER BY e.trial, e.epoch");
  return sql.c_str();
}

const char* CurveMetricsSql() {
  static const std::string sql = fmt::format(kMetrics, "m.trial = ?2 AND m.epoch > ?3 AND m.epoch <= ?4");
  return sql.c_str();
}

const char* CurvesMetricsSql() {
  static const std::string sql = fmt::format(kMetrics, "m.trial >= ?2 AND m.trial < ?3");
  return sql.c_str();
}

const char* WorkersSql() { return kWorkers; }

std::string TrialsSql(std::string_view end) {
  return fmt::format(
      "SELECT study, trial, round, state, reason, objective, best_epoch, epochs, epochs_planned, parameters, "
      "seed, "
      "replicate, worker, attempt, started_at, finished_at, seconds, reused_from FROM trial_results "
      "WHERE study = ?1 {}",
      end);
}

StudyRow ReadStudyRow(Query& query, Statements& statements, StudyTallies& tallies) {
  Columns columns(query);
  StudyRow row;
  const std::int64_t id = columns.Integer();
  row.study = columns.Text();
  row.state = columns.Text();
  row.metric = columns.Text();
  row.direction = columns.Text();
  row.reason = columns.Text();
  row.spec = columns.Text();
  row.created_at = columns.Text();
  row.started_at = columns.OptionalText();
  row.finished_at = columns.OptionalText();
  const std::optional<std::int64_t> started = columns.OptionalInteger();
  const std::optional<std::int64_t> finished = columns.OptionalInteger();
  if (started.has_value()) {
    const auto from = static_cast<double>(*started), to = static_cast<double>(finished.value_or(Now()));
    row.seconds = std::max(0.0, (to - from) / 1e6);
  }
  row.planned_trials = columns.Integer();
  row.max_trials = columns.Integer();
  row.numerics_digest = columns.Text();
  row.data_hash = columns.Text();
  row.best_trial = columns.OptionalInteger();
  row.rounds = columns.Integer();
  CountTrials(statements, id, row);
  if (row.best_trial) row.best_point = tallies.BestPoint(id, *row.best_trial, statements);
  return row;
}

LearntRow ReadLearntRow(Query& query) {
  Columns columns(query);
  LearntRow row;
  row.study = columns.Text();
  row.results = columns.Integer();
  return row;
}

TrialRow ReadTrialRow(Query& query) {
  Columns columns(query);
  TrialRow row;
  row.study = columns.Text();
  row.trial = columns.Integer();
  row.round = columns.Integer();
  row.state = columns.Text();
  row.reason = columns.Text();
  row.objective = columns.OptionalReal();
  row.best_epoch = columns.OptionalInteger();
  row.epochs = columns.Integer();
  row.epochs_planned = columns.Integer();
  row.parameters = columns.Text();
  row.seed = columns.Integer();
  row.replicate = columns.Integer();
  row.worker = columns.Text();
  row.attempt = columns.Integer();
  row.started_at = columns.OptionalText();
  row.finished_at = columns.OptionalText();
  row.seconds = columns.Real();
  row.reused_from = columns.OptionalText();
  return row;
}

RoundRow ReadRoundRow(Query& query) {
  Columns columns(query);
  RoundRow row;
  row.round = columns.Integer();
  row.first_trial = columns.Integer();
  row.trials = columns.Integer();
  row.epochs = columns.OptionalInteger();
  row.by_hand = columns.Integer() != 0;
  row.num = columns.OptionalInteger();
  row.boxes = columns.Text();
  row.opened_at = columns.Text();
  return row;
}

EpochRow ReadEpochRow(Query& query) {
  Columns columns(query);
  EpochRow row;
  row.trial = columns.Integer();
  row.epoch = columns.Integer();
  row.train_loss = columns.OptionalReal();
  row.train_error = columns.OptionalReal();
  row.validation_loss = columns.OptionalReal();
  row.validation_error = columns.OptionalReal();
  row.learning_rate = columns.Real();
  row.seconds = columns.Real();
  row.reported_at = columns.Text();
  row.gradient_norm = columns.OptionalReal();
  row.weight_norm = columns.OptionalReal();
  row.samples_per_second = columns.OptionalReal();
  return row;
}

void ReadMetricRows(Query& query, std::vector<EpochRow>& rows) {
  auto row = rows.begin();
  while (query.Next()) {
    Columns columns(query);
    const std::int64_t trial = columns.Integer();
    const std::int64_t epoch = columns.Integer();
    while (row != rows.end() && std::tie(row->trial, row->epoch) < std::tie(trial, epoch)) ++row;
    if (row == rows.end() || row->trial != trial || row->epoch != epoch) continue;
    std::string name = columns.Text();
    row->metrics.emplace_back(std::move(name), columns.OptionalReal());
  }
}

std::optional<double> ValueOf(const EpochRow& row, std::string_view metric) {
  if (metric == "train_loss") return row.train_loss;
  if (metric == "train_error") return row.train_error;
  if (metric == "validation_loss") return row.validation_loss;
  if (metric == "validation_error") return row.validation_error;
  for (const auto& [name, value] : row.metrics) {
    if (name == metric) return value;
  }
  return std::nullopt;
}

WorkerRow ReadWorkerRow(Query& query) {
  Columns columns(query);
  WorkerRow row;
  row.name = columns.Text();
  row.slots = columns.Integer();
  row.numerics_digest = columns.Text();
  row.datasets = columns.Text();
  row.connected = columns.Integer() != 0;
  row.leases = columns.Integer();
  row.seen_at = columns.Text();
  return row;
}

}  // namespace hpsearch::store
