#include "server/store/study_reader.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <string_view>
#include <utility>

#include "server/store/database.h"
#include "server/store/rows.h"
#include "server/store/sqlite_error.h"
#include "server/study/records.h"

namespace hpsearch::store {
namespace {

using study::StudyState;
using study::TrialState;

constexpr char kStudies[] = R"sql(
  SELECT s.id, v.study, v.state, v.metric, v.direction, v.reason, v.spec, v.created_at, v.started_at, v.finished_at,
         s.started_at, s.finished_at, s.planned_trials, s.max_trials, s.numerics_digest, s.data_hash, s.best_trial,
         (SELECT count(*) FROM rounds WHERE study = s.id)
  FROM studies s JOIN study_summary v ON v.study = s.name
  WHERE ?1 IS NULL OR s.name = ?1
  ORDER BY s.id DESC)sql";
constexpr char kCounts[] = "SELECT state, trials, epochs FROM trial_counts WHERE study = ?1";
constexpr char kStudyId[] = "SELECT id FROM studies WHERE name = ?1";
constexpr char kBest[] = "SELECT best_trial FROM studies WHERE name = ?1";
constexpr char kResults[] =
    "SELECT study, trial, round, state, reason, objective, best_epoch, epochs, epochs_planned, parameters, seed, "
    "replicate, worker, attempt, started_at, finished_at, seconds, reused_from FROM trial_results WHERE study = "
    "?1";
const std::string kResult = std::string(kResults) + " AND trial = ?2";
// In the spec, or (a parameter that is one for each repetition) in a trial.
constexpr char kHasParameter[] = R"sql(
  SELECT json_type(s.spec, ?2) IS NOT NULL OR
         EXISTS (SELECT 1 FROM trials t WHERE t.study = s.id AND t.number <= 100
                                              AND json_type(t.parameters, ?3) IS NOT NULL)
  FROM studies s WHERE s.name = ?1)sql";
constexpr char kCurves[] = R"sql(
  SELECT trial, epoch, train_loss, train_error, validation_loss, validation_error, learning_rate, seconds,
         reported_at
  FROM epoch_curves WHERE study = ?1 AND trial >= ?2 AND trial < ?3 ORDER BY trial, epoch)sql";
constexpr char kWorkers[] = R"sql(
  SELECT name, slots, numerics_digest, datasets, connected,
         (SELECT count(*) FROM trials WHERE worker = name AND state = 'RUNNING'),
         strftime('%Y-%m-%dT%H:%M:%S', seen_at / 1000000, 'unixepoch') || printf('.%06dZ', seen_at % 1000000)
  FROM workers ORDER BY name)sql";

constexpr std::array kTrialStates = {TrialState::kQueued,    TrialState::kRunning,      TrialState::kPaused,
                                     TrialState::kCompleted, TrialState::kEarlyStopped, TrialState::kDiverged,
                                     TrialState::kFailed,    TrialState::kCancelled};

absl::Status NoStudy(const std::string& study) {
  return absl::NotFoundError(fmt::format("there is no study '{}'", study));
}

study::Micros Now() {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::microseconds>(now).count();
}

void CountTrials(Statements& statements, std::int64_t id, StudyRow& row) {
  std::array<std::int64_t, kTrialStates.size()> counts{};
  std::int64_t rows = 0;
  for (Query query(statements, kCounts, id); query.Next();) {
    Columns columns(query);
    const std::string name = columns.Text();
    const std::int64_t trials = columns.Integer();
    row.stored_epochs += columns.Integer();
    rows += trials;
    for (std::size_t i = 0; i < counts.size(); ++i) {
      if (study::ToString(kTrialStates[i]) == name) counts[i] += trials;
    }
  }
  // A point of the grid has no row until it is leased: it waits, and is cancelled when the study ends before that.
  const std::optional<StudyState> state = study::StudyStateFrom(row.state);
  const bool ended = state.has_value() && study::IsFinal(*state);
  const TrialState untouched = ended ? TrialState::kCancelled : TrialState::kQueued;
  for (std::size_t i = 0; i < counts.size(); ++i) {
    if (kTrialStates[i] == untouched) counts[i] += std::max<std::int64_t>(0, row.planned_trials - rows);
    if (counts[i] > 0) row.trial_counts.emplace_back(study::ToString(kTrialStates[i]), counts[i]);
  }
}

StudyRow ReadStudyRow(Statements& statements, Query& query) {
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
  if (started.has_value())
    row.seconds = std::max(0.0, static_cast<double>(finished.value_or(Now()) - *started) / 1e6);
  row.planned_trials = columns.Integer();
  row.max_trials = columns.Integer();
  row.numerics_digest = columns.Text();
  row.data_hash = columns.Text();
  row.best_trial = columns.OptionalInteger();
  row.rounds = columns.Integer();
  CountTrials(statements, id, row);
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
  return row;
}

bool HasStudy(Statements& statements, const std::string& study) {
  return Query(statements, kStudyId, study).Next();
}

bool IsParameterName(std::string_view name) {
  const auto follows = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_'; };
  return !name.empty() && name[0] >= 'a' && name[0] <= 'z' && std::all_of(name.begin(), name.end(), follows);
}

// What stands behind ORDER BY for a key of TrialQuery. The trial's number breaks ties.
absl::StatusOr<std::string> Order(Statements& statements, const TrialQuery& query) {
  const std::string_view direction = query.descending ? "DESC" : "ASC";
  const std::string& key = query.sort;
  if (key == "trial") return fmt::format("trial {}", direction);
  for (const std::string_view never_null : {"round", "state", "epochs", "seconds"}) {
    if (key == never_null) return fmt::format("{} {}, trial", key, direction);
  }
  for (const std::string_view column : {"objective", "started_at", "finished_at"}) {
    if (key == column) return fmt::format("{} {} NULLS LAST, trial", key, direction);
  }
  if (IsParameterName(key)) {
    const std::string in_spec = fmt::format("$.parameters.\"{}\"", key);
    const std::string in_trial = fmt::format("$.\"{}\"", key);
    Query known(statements, kHasParameter, query.study, in_spec, in_trial);
    if (known.Next() && Columns(known).Integer() != 0) {
      return fmt::format("json_extract(parameters, '{}') {} NULLS LAST, trial", in_trial, direction);
    }
  }
  return absl::InvalidArgumentError(
      fmt::format("'{}' is nothing to sort by; trial, objective, round, state, epochs, seconds, started_at, "
                  "finished_at or a parameter of study '{}' is wanted",
                  key, query.study));
}

absl::Status Check(const TrialQuery& query) {
  if (query.limit < 0 || query.offset < 0) {
    return absl::InvalidArgumentError("limit and offset are counts; 0 or more is wanted");
  }
  if (!query.state.has_value() || study::TrialStateFrom(*query.state).has_value()) return absl::OkStatus();
  std::string names;
  for (const TrialState state : kTrialStates) {
    names += (names.empty() ? "" : ", ") + std::string(study::ToString(state));
  }
  return absl::InvalidArgumentError(
      fmt::format("'{}' is no state of a trial; one of {} is wanted", *query.state, names));
}

}  // namespace

class StudyReader::Impl {
 public:
  Impl(std::string path, std::unique_ptr<SQLite::Database> database)
      : path_(std::move(path)), database_(std::move(database)), statements_(*database_) {}

  SQLite::Database& database() { return *database_; }

  // What `read` makes of one state of the file; or what SQLite said.
  template <class Result, class Reading>
  absl::StatusOr<Result> Read(Reading read) try {
    Snapshot snapshot(*database_);
    return read(statements_);
  } catch (const SQLite::Exception& error) {
    return ToStatus(error, path_);
  }

 private:
  std::string path_;
  std::unique_ptr<SQLite::Database> database_;
  Statements statements_;
};

absl::StatusOr<std::unique_ptr<StudyReader>> StudyReader::Open(const std::string& path) {
  absl::StatusOr<std::string> file = CanonicalPath(path);
  if (!file.ok()) return file.status();
  absl::StatusOr<std::unique_ptr<SQLite::Database>> database = OpenToRead(*file);
  if (!database.ok()) return database.status();
  return std::unique_ptr<StudyReader>(
      new StudyReader(std::make_unique<Impl>(*std::move(file), *std::move(database))));
}

StudyReader::StudyReader(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
StudyReader::~StudyReader() = default;

absl::StatusOr<std::vector<StudyRow>> StudyReader::Studies() {
  return impl_->Read<std::vector<StudyRow>>([](Statements& statements) {
    std::vector<StudyRow> studies;
    const std::optional<std::string> all;
    for (Query query(statements, kStudies, all); query.Next();) studies.push_back(ReadStudyRow(statements, query));
    return studies;
  });
}

absl::StatusOr<StudyRow> StudyReader::Study(const std::string& study) {
  return impl_->Read<StudyRow>([&](Statements& statements) -> absl::StatusOr<StudyRow> {
    Query query(statements, kStudies, study);
    if (!query.Next()) return NoStudy(study);
    return ReadStudyRow(statements, query);
  });
}

absl::StatusOr<std::vector<TrialRow>> StudyReader::Trials(const TrialQuery& query) {
  using Rows = std::vector<TrialRow>;
  if (absl::Status valid = Check(query); !valid.ok()) return valid;
  return impl_->Read<Rows>([&](Statements& statements) -> absl::StatusOr<Rows> {
    if (!HasStudy(statements, query.study)) return NoStudy(query.study);
    absl::StatusOr<std::string> order = Order(statements, query);
    if (!order.ok()) return order.status();
    const std::string sql = fmt::format("{}{} ORDER BY {} LIMIT ?2 OFFSET ?3", kResults,
                                        query.state.has_value() ? " AND state = ?4" : "", *order);
    SQLite::Statement statement(impl_->database(), sql);
    Query trials(statement, query.study, query.limit, query.offset);
    if (query.state.has_value()) statement.bindNoCopy(4, *query.state);
    Rows rows;
    while (trials.Next()) rows.push_back(ReadTrialRow(trials));
    return rows;
  });
}

absl::StatusOr<TrialRow> StudyReader::Trial(const std::string& study, std::int64_t trial) {
  return impl_->Read<TrialRow>([&](Statements& statements) -> absl::StatusOr<TrialRow> {
    if (!HasStudy(statements, study)) return NoStudy(study);
    Query query(statements, kResult.c_str(), study, trial);
    if (!query.Next()) return absl::NotFoundError(fmt::format("study '{}' has no trial {} yet", study, trial));
    return ReadTrialRow(query);
  });
}

absl::StatusOr<TrialRow> StudyReader::BestTrial(const std::string& study) {
  return impl_->Read<TrialRow>([&](Statements& statements) -> absl::StatusOr<TrialRow> {
    Query best(statements, kBest, study);
    if (!best.Next()) return NoStudy(study);
    const std::optional<std::int64_t> trial = Columns(best).OptionalInteger();
    if (trial.has_value()) {
      if (Query query(statements, kResult.c_str(), study, *trial); query.Next()) return ReadTrialRow(query);
    }
    return absl::NotFoundError(fmt::format("no trial of study '{}' has a result yet", study));
  });
}

absl::StatusOr<std::vector<EpochRow>> StudyReader::Curve(const std::string& study, std::int64_t trial) {
  using Rows = std::vector<EpochRow>;
  return impl_->Read<Rows>([&](Statements& statements) -> absl::StatusOr<Rows> {
    if (!HasStudy(statements, study)) return NoStudy(study);
    if (!Query(statements, kResult.c_str(), study, trial).Next()) {
      return absl::NotFoundError(fmt::format("study '{}' has no trial {} yet", study, trial));
    }
    Rows rows;
    const std::int64_t behind = trial + 1;
    for (Query query(statements, kCurves, study, trial, behind); query.Next();)
      rows.push_back(ReadEpochRow(query));
    return rows;
  });
}

absl::StatusOr<std::vector<EpochRow>> StudyReader::Curves(const std::string& study, std::int64_t first,
                                                          std::int64_t count) {
  using Rows = std::vector<EpochRow>;
  return impl_->Read<Rows>([&](Statements& statements) -> absl::StatusOr<Rows> {
    if (!HasStudy(statements, study)) return NoStudy(study);
    Rows rows;
    const std::int64_t behind = count > INT64_MAX - std::max<std::int64_t>(first, 0) ? INT64_MAX : first + count;
    for (Query query(statements, kCurves, study, first, behind); query.Next();)
      rows.push_back(ReadEpochRow(query));
    return rows;
  });
}

absl::StatusOr<std::vector<WorkerRow>> StudyReader::Workers() {
  return impl_->Read<std::vector<WorkerRow>>([](Statements& statements) {
    std::vector<WorkerRow> workers;
    for (Query query(statements, kWorkers); query.Next();) {
      Columns columns(query);
      WorkerRow& row = workers.emplace_back();
      row.name = columns.Text();
      row.slots = columns.Integer();
      row.numerics_digest = columns.Text();
      row.datasets = columns.Text();
      row.connected = columns.Integer() != 0;
      row.leases = columns.Integer();
      row.seen_at = columns.Text();
    }
    return workers;
  });
}

absl::StatusOr<std::int64_t> StudyReader::DataVersion() {
  return impl_->Read<std::int64_t>([](Statements& statements) {
    Query query(statements, "PRAGMA data_version");
    query.Next();
    return Columns(query).Integer();
  });
}

}  // namespace hpsearch::store
