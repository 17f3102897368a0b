// Rows and records: values bound to a statement, columns read back. Doubles keep their bits, but for the sign of
// zero; SQLite has no NaN and keeps NULL for it, which is read as NaN again. Errors are thrown
// (SQLite::Exception), but for ReadSnapshot's. Threads: those of the connection, one at a time. Ownership: all
// borrow their connection. Only this room sees SQLite.
#pragma once

#include <SQLiteCpp/Database.h>
#include <SQLiteCpp/Statement.h>

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <type_traits>
#include <vector>

#include "absl/status/statusor.h"
#include "server/store/row_checksum.h"
#include "server/store/sqlite_error.h"
#include "server/study/records.h"

namespace hpsearch::store {

// The statements of one connection, each prepared once.
class Statements {
 public:
  explicit Statements(SQLite::Database& database) : database_(database) {}
  // `sql` outlives this: it is known by its address.
  SQLite::Statement& Get(const char* sql);

 private:
  SQLite::Database& database_;
  std::map<const char*, std::unique_ptr<SQLite::Statement>> statements_;
};

// One use of a statement, which is ready for the next when this goes out of scope, whatever happened to it.
class Query {
 public:
  // Binds ?1, ?2, … in order. Text must outlive the query: it is not copied.
  template <class... Values>
  explicit Query(SQLite::Statement& statement, const Values&... values) : statement_(statement) {
    int index = 0;
    (Bind(++index, values), ...);
  }
  template <class... Values>
  Query(Statements& statements, const char* sql, const Values&... values)
      : Query(statements.Get(sql), values...) {}
  Query(const Query&) = delete;
  Query& operator=(const Query&) = delete;
  ~Query() { statement_.tryReset(); }

  bool Next() { return statement_.executeStep(); }
  int Run() { return statement_.exec(); }  // the number of rows changed
  SQLite::Statement& statement() { return statement_; }

 private:
  template <class Value>
  void Bind(int index, const Value& value) {
    if constexpr (std::is_same_v<Value, std::string>) {
      statement_.bindNoCopy(index, value);
    } else if constexpr (std::is_same_v<Value, double>) {
      statement_.bind(index, value);
    } else {
      static_assert(std::is_integral_v<Value>);
      statement_.bind(index, static_cast<std::int64_t>(value));
    }
  }
  template <class Value>
  void Bind(int index, const std::optional<Value>& value) {
    if (value.has_value()) {
      Bind(index, *value);
    } else {
      statement_.bind(index);
    }
  }

  SQLite::Statement& statement_;
};

// One state of the file through all queries in its scope.
class Snapshot {
 public:
  explicit Snapshot(SQLite::Database& database) : database_(database) { database_.exec("BEGIN"); }
  Snapshot(const Snapshot&) = delete;
  Snapshot& operator=(const Snapshot&) = delete;
  ~Snapshot() { database_.tryExec("ROLLBACK"); }

 private:
  SQLite::Database& database_;
};

// What `read` makes of one state of the file; or what SQLite said, as sqlite_error.h has it.
template <class Result, class Reading>
absl::StatusOr<Result> ReadSnapshot(SQLite::Database& database, Statements& statements, const std::string& path,
                                    Reading read) try {
  const Snapshot snapshot(database);
  return read(statements);
} catch (const SQLite::Exception& error) {
  return ToStatus(error, path);
}

// The columns of the row that a query stands on, from left to right.
class Columns {
 public:
  explicit Columns(Query& query) : statement_(query.statement()) {}
  std::int64_t Integer() { return statement_.getColumn(next_++).getInt64(); }
  std::string Text() { return statement_.getColumn(next_++).getString(); }  // "" of NULL
  double Real();                                                            // NaN of NULL
  std::optional<std::int64_t> OptionalInteger();
  std::optional<double> OptionalReal();
  std::optional<std::string> OptionalText();

 private:
  SQLite::Statement& statement_;
  int next_ = 0;
};

// The columns of each table in the order in which Read… wants them.
inline constexpr char kStudyColumns[] =
    "id, name, spec, state, stopping, reason, data_hash, numerics_digest, metric, direction, planned_trials, "
    "max_trials, next_trial, best_trial, extended_from, created_at, started_at, finished_at";
inline constexpr char kRoundColumns[] =
    "study, number, first_trial, trials, centres, opened_at, boxes, epochs, by_hand, num";
inline constexpr char kTrialColumns[] =
    "study, number, round, state, reason, objective, best_epoch, epochs, epochs_planned, parameters, seed, "
    "replicate, worker, attempt, lost, reused_from, started_at, finished_at, seconds, key, "
    "reused_study, reused_trial, point";
// The last ones say which row it is and whether its checksum (row_checksum.h) is the one that its values have.
inline const std::string kEpochColumns =
    std::string(
        "epoch, train_loss, train_error, validation_loss, validation_error, learning_rate, seconds, "
        "reported_at, gradient_norm, weight_norm, samples_per_second, study, trial, checksum IS ") +
    kEpochChecksum;
inline const std::string kMetricColumns =  // ORDER BY epoch, metric
    std::string("epoch, metric, value, study, trial, checksum IS ") + kMetricChecksum;
inline constexpr char kEarlierColumns[] = "earlier_study, earlier_trial, point, objective";
inline constexpr char kWorkerColumns[] = "name, instance, slots, numerics_digest, datasets, connected, seen_at";

study::StudyRecord ReadStudy(Query& query);
study::RoundRecord ReadRound(Query& query);
study::TrialRecord ReadTrial(Query& query);
study::EarlierResult ReadEarlier(Query& query);
struct StoredEpoch {
  std::int64_t study = 0, trial = 0;
  study::EpochRecord epoch;  // without its metrics
  bool sound = true;         // its checksum is right
};
struct StoredMetric {
  std::int64_t study = 0, trial = 0, epoch = 0;
  std::string name;
  double value = 0;
  bool sound = true;
};
StoredEpoch ReadStoredEpoch(Query& query);
StoredMetric ReadStoredMetric(Query& query);
// Curves are what the coordinator goes on from: a row that is not sound is thrown as damage.
study::EpochRecord ReadEpoch(Query& query);  // without its metrics
// The metrics of a trial's epochs, which stand in `epochs` by number. Any that belong to none of them, or that
// this version does not know, are passed over.
void ReadMetrics(Query& query, std::vector<study::EpochRecord>& epochs);
study::WorkerRecord ReadWorker(Query& query);

// A list of trial numbers as JSON: "[3,1]".
std::string WriteCentres(const std::vector<std::int64_t>& centres);

}  // namespace hpsearch::store
