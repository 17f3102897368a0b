#include "server/store/rows.h"

#include <fmt/format.h>
#include <sqlite3.h>

#include <limits>
#include <nlohmann/json.hpp>
#include <utility>

namespace hpsearch::store {
namespace {

// The schema's CHECKs let no other state into a table.
study::StudyState StudyStateOf(const std::string& text) {
  const std::optional<study::StudyState> state = study::StudyStateFrom(text);
  if (!state.has_value()) throw SQLite::Exception("a study in the unknown state '" + text + "'");
  return *state;
}

study::TrialState TrialStateOf(const std::string& text) {
  const std::optional<study::TrialState> state = study::TrialStateFrom(text);
  if (!state.has_value()) throw SQLite::Exception("a trial in the unknown state '" + text + "'");
  return *state;
}

std::vector<std::int64_t> ReadCentres(const std::string& text) {
  std::vector<std::int64_t> centres;
  const nlohmann::json list = nlohmann::json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (!list.is_array()) throw SQLite::Exception("a round whose centres are no list: " + text);
  for (const nlohmann::json& centre : list) {
    if (!centre.is_number_integer()) throw SQLite::Exception("a round whose centres are no integers: " + text);
    centres.push_back(centre.get<std::int64_t>());
  }
  return centres;
}

[[noreturn]] void ThrowUnsound(std::int64_t study, std::int64_t trial, std::int64_t epoch) {
  throw SQLite::Exception(
      fmt::format("study {}, trial {}, epoch {}: the values are not those of its checksum", study, trial, epoch),
      SQLITE_CORRUPT);
}

}  // namespace

SQLite::Statement& Statements::Get(const char* sql) {
  std::unique_ptr<SQLite::Statement>& statement = statements_[sql];
  if (statement == nullptr) statement = std::make_unique<SQLite::Statement>(database_, sql);
  return *statement;
}

double Columns::Real() { return OptionalReal().value_or(std::numeric_limits<double>::quiet_NaN()); }

std::optional<std::int64_t> Columns::OptionalInteger() {
  const SQLite::Column column = statement_.getColumn(next_++);
  if (column.isNull()) return std::nullopt;
  return column.getInt64();
}

std::optional<double> Columns::OptionalReal() {
  const SQLite::Column column = statement_.getColumn(next_++);
  if (column.isNull()) return std::nullopt;
  return column.getDouble();
}

std::optional<std::string> Columns::OptionalText() {
  const SQLite::Column column = statement_.getColumn(next_++);
  if (column.isNull()) return std::nullopt;
  return column.getString();
}

study::StudyRecord ReadStudy(Query& query) {
  Columns columns(query);
  study::StudyRecord study;
  study.id = columns.Integer();
  study.name = columns.Text();
  study.spec = columns.Text();
  study.state = StudyStateOf(columns.Text());
  study.stopping = columns.Integer() != 0;
  study.reason = columns.Text();
  study.data_hash = columns.Text();
  study.numerics_digest = columns.Text();
  study.metric = columns.Text();
  study.direction = columns.Text();
  study.planned_trials = columns.Integer();
  study.max_trials = columns.Integer();
  study.next_trial = columns.Integer();
  study.best_trial = columns.OptionalInteger();
  if (const std::optional<std::string> state = columns.OptionalText()) study.extended_from = StudyStateOf(*state);
  study.created_at = columns.Integer();
  study.started_at = columns.OptionalInteger();
  study.finished_at = columns.OptionalInteger();
  return study;
}

study::RoundRecord ReadRound(Query& query) {
  Columns columns(query);
  study::RoundRecord round;
  round.study = columns.Integer();
  round.number = static_cast<int>(columns.Integer());
  round.first_trial = columns.Integer();
  round.trials = columns.Integer();
  round.centres = ReadCentres(columns.Text());
  round.opened_at = columns.Integer();
  round.boxes = columns.Text();
  round.epochs = columns.OptionalInteger();
  round.by_hand = columns.Integer() != 0;
  round.num = columns.OptionalInteger();
  return round;
}

study::TrialRecord ReadTrial(Query& query) {
  Columns columns(query);
  study::TrialRecord trial;
  trial.study = columns.Integer();
  trial.number = columns.Integer();
  trial.round = static_cast<int>(columns.Integer());
  trial.state = TrialStateOf(columns.Text());
  trial.reason = columns.Text();
  trial.objective = columns.OptionalReal();
  trial.best_epoch = columns.OptionalInteger();
  trial.epochs = columns.Integer();
  trial.epochs_planned = columns.Integer();
  trial.parameters = columns.Text();
  trial.seed = columns.Integer();
  trial.replicate = columns.Integer();
  trial.worker = columns.Text();
  trial.attempt = columns.Integer();
  trial.lost = columns.Integer();
  trial.reused_from = columns.OptionalInteger();
  trial.started_at = columns.OptionalInteger();
  trial.finished_at = columns.OptionalInteger();
  trial.seconds = columns.Real();
  trial.key = columns.Text();
  trial.reused_elsewhere.study = columns.Text();
  trial.reused_elsewhere.trial = columns.Integer();
  trial.point = columns.Text();
  return trial;
}

study::EarlierResult ReadEarlier(Query& query) {
  Columns columns(query);
  study::EarlierResult earlier;
  earlier.study = columns.Text();
  earlier.trial = columns.Integer();
  earlier.point = columns.Text();
  earlier.objective = columns.Real();
  return earlier;
}

StoredEpoch ReadStoredEpoch(Query& query) {
  Columns columns(query);
  StoredEpoch stored;
  study::EpochRecord& epoch = stored.epoch;
  epoch.epoch = columns.Integer();
  epoch.train_loss = columns.Real();
  epoch.train_error = columns.Real();
  epoch.validation_loss = columns.Real();
  epoch.validation_error = columns.Real();
  epoch.learning_rate = columns.Real();
  epoch.seconds = columns.Real();
  epoch.reported_at = columns.Integer();
  epoch.gradient_norm = columns.Real();
  epoch.weight_norm = columns.Real();
  epoch.samples_per_second = columns.Real();
  stored.study = columns.Integer();
  stored.trial = columns.Integer();
  stored.sound = columns.Integer() != 0;
  return stored;
}

StoredMetric ReadStoredMetric(Query& query) {
  Columns columns(query);
  StoredMetric stored;
  stored.epoch = columns.Integer();
  stored.name = columns.Text();
  stored.value = columns.Real();
  stored.study = columns.Integer();
  stored.trial = columns.Integer();
  stored.sound = columns.Integer() != 0;
  return stored;
}

study::EpochRecord ReadEpoch(Query& query) {
  StoredEpoch stored = ReadStoredEpoch(query);
  if (!stored.sound) ThrowUnsound(stored.study, stored.trial, stored.epoch.epoch);
  return std::move(stored.epoch);
}

void ReadMetrics(Query& query, std::vector<study::EpochRecord>& epochs) {
  auto epoch = epochs.begin();
  while (query.Next()) {
    const StoredMetric stored = ReadStoredMetric(query);
    if (!stored.sound) ThrowUnsound(stored.study, stored.trial, stored.epoch);
    while (epoch != epochs.end() && epoch->epoch < stored.epoch) ++epoch;
    const std::optional<model::PartMetric> metric = model::MetricNamed(stored.name);
    if (epoch == epochs.end() || epoch->epoch != stored.epoch || !metric.has_value()) continue;
    epoch->metrics.push_back({*metric, stored.value});
  }
}

study::WorkerRecord ReadWorker(Query& query) {
  Columns columns(query);
  study::WorkerRecord worker;
  worker.name = columns.Text();
  worker.instance = columns.Text();
  worker.slots = columns.Integer();
  worker.numerics_digest = columns.Text();
  worker.datasets = columns.Text();
  worker.connected = columns.Integer() != 0;
  worker.seen_at = columns.Integer();
  return worker;
}

std::string WriteCentres(const std::vector<std::int64_t>& centres) { return nlohmann::json(centres).dump(); }

}  // namespace hpsearch::store
