#include "server/store/change_writer.h"

#include <fmt/format.h>

#include <cmath>
#include <cstdint>
#include <optional>
#include <string>
#include <type_traits>
#include <variant>
#include <vector>

#include "server/failpoint/failpoint.h"
#include "server/store/sqlite_error.h"

namespace hpsearch::store {
namespace {

using study::AppendEpochs;
using study::CopyEpochs;
using study::EpochRecord;
using study::PutRequest;

// The id, the name and the spec of a study stay as they were: most of these come with a lease, and a spec is long.
constexpr char kPutStudy[] = R"sql(
  INSERT INTO studies (id, name, spec, state, stopping, reason, data_hash, numerics_digest, metric, direction,
                       planned_trials, max_trials, next_trial, best_trial, extended_from, created_at, started_at,
                       finished_at)
  VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18)
  ON CONFLICT (id) DO UPDATE SET
    state = excluded.state, stopping = excluded.stopping, reason = excluded.reason,
    data_hash = excluded.data_hash, numerics_digest = excluded.numerics_digest, metric = excluded.metric,
    direction = excluded.direction, planned_trials = excluded.planned_trials, max_trials = excluded.max_trials,
    next_trial = excluded.next_trial, best_trial = excluded.best_trial, extended_from = excluded.extended_from,
    created_at = excluded.created_at,
    started_at = excluded.started_at, finished_at = excluded.finished_at)sql";

constexpr char kPutRound[] = R"sql(
  INSERT INTO rounds (study, number, first_trial, trials, centres, opened_at, boxes, epochs, by_hand, num)
  VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10))sql";

constexpr char kCutRound[] = "UPDATE rounds SET trials = ?3 WHERE study = ?1 AND number = ?2";

constexpr char kPutEarlier[] = R"sql(
  INSERT INTO earlier_results (study, number, earlier_study, earlier_trial, point, objective)
  VALUES (?1, ?2, ?3, ?4, ?5, ?6))sql";

// No row is changed where the stored attempt is a later one.
constexpr char kPutTrial[] = R"sql(
  INSERT INTO trials (study, number, round, state, reason, objective, best_epoch, epochs, epochs_planned,
                      parameters, seed, replicate, worker, attempt, lost, reused_from, started_at, finished_at,
                      seconds, key, reused_study, reused_trial, point)
  VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21, ?22, ?23)
  ON CONFLICT (study, number) DO UPDATE SET
    round = excluded.round, state = excluded.state, reason = excluded.reason, objective = excluded.objective,
    best_epoch = excluded.best_epoch, epochs = excluded.epochs, epochs_planned = excluded.epochs_planned,
    parameters = excluded.parameters, seed = excluded.seed, replicate = excluded.replicate,
    worker = excluded.worker, attempt = excluded.attempt, lost = excluded.lost,
    reused_from = excluded.reused_from, started_at = excluded.started_at, finished_at = excluded.finished_at,
    seconds = excluded.seconds, key = excluded.key, reused_study = excluded.reused_study,
    reused_trial = excluded.reused_trial, point = excluded.point
  WHERE excluded.attempt >= trials.attempt)sql";

constexpr char kPutWorker[] = R"sql(
  INSERT INTO workers (name, instance, slots, numerics_digest, datasets, connected, seen_at)
  VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
  ON CONFLICT (name) DO UPDATE SET
    instance = excluded.instance, slots = excluded.slots, numerics_digest = excluded.numerics_digest,
    datasets = excluded.datasets, connected = excluded.connected, seen_at = excluded.seen_at)sql";

constexpr char kForgetWorker[] = "DELETE FROM workers WHERE name = ?1";

constexpr char kPutRequest[] = "INSERT INTO requests (request_id, answer) VALUES (?1, ?2)";

constexpr char kAttempt[] = "SELECT attempt FROM trials WHERE study = ?1 AND number = ?2";

constexpr char kAppendEpoch[] = R"sql(
  INSERT INTO epochs (study, trial, epoch, train_loss, train_error, validation_loss, validation_error,
                      learning_rate, seconds, reported_at, gradient_norm, weight_norm, samples_per_second,
                      checksum)
  VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)
  ON CONFLICT (study, trial, epoch) DO NOTHING)sql";

constexpr char kAppendMetric[] =
    "INSERT INTO metrics (study, trial, epoch, metric, value, checksum) VALUES (?1, ?2, ?3, ?4, ?5, ?6)";

const std::string kStoredEpoch =
    fmt::format("SELECT {} FROM epochs WHERE study = ?1 AND trial = ?2 AND epoch = ?3", kEpochColumns);
const std::string kStoredMetrics = fmt::format(
    "SELECT {} FROM metrics WHERE study = ?1 AND trial = ?2 AND epoch = ?3 ORDER BY metric", kMetricColumns);

constexpr char kCopyEpochs[] = R"sql(
  INSERT INTO epochs (study, trial, epoch, train_loss, train_error, validation_loss, validation_error,
                      learning_rate, seconds, reported_at, gradient_norm, weight_norm, samples_per_second,
                      checksum)
  SELECT ?3, ?4, epoch, train_loss, train_error, validation_loss, validation_error, learning_rate, seconds,
         reported_at, gradient_norm, weight_norm, samples_per_second,
         row_checksum(?3, ?4, epoch, train_loss, train_error, validation_loss, validation_error, learning_rate,
                      seconds, reported_at, gradient_norm, weight_norm, samples_per_second)
  FROM epochs WHERE study = ?1 AND trial = ?2 AND epoch <= ?5)sql";

constexpr char kCopyMetrics[] = R"sql(
  INSERT INTO metrics (study, trial, epoch, metric, value, checksum)
  SELECT ?3, ?4, epoch, metric, value, row_checksum(?3, ?4, epoch, metric, value)
  FROM metrics WHERE study = ?1 AND trial = ?2 AND epoch <= ?5)sql";

// The first row of a curve whose checksum is wrong.
const std::string kUnsound = fmt::format(
    "SELECT epoch FROM (SELECT epoch FROM epochs WHERE study = ?1 AND trial = ?2 AND checksum IS NOT {} "
    "UNION ALL SELECT epoch FROM metrics WHERE study = ?1 AND trial = ?2 AND checksum IS NOT {}) LIMIT 1",
    kEpochChecksum, kMetricChecksum);

// What is not finite is NULL in a table, and so one and the same.
std::optional<double> Finite(double value) { return std::isfinite(value) ? std::optional(value) : std::nullopt; }

// The row's values, and behind them their checksum.
template <class... Values>
int RunSealed(Statements& statements, const char* sql, const Values&... values) {
  return Query(statements, sql, values..., RowChecksum(values...)).Run();
}

}  // namespace

absl::Status ChangeWriter::Apply(const study::Change& change) {
  return std::visit(
      [this](const auto& one) {
        using Kind = std::decay_t<decltype(one)>;
        if constexpr (std::is_same_v<Kind, study::PutStudy>) {
          return Put(one.study);
        } else if constexpr (std::is_same_v<Kind, study::PutRound>) {
          return Put(one.round);
        } else if constexpr (std::is_same_v<Kind, study::CutRound>) {
          return Cut(one);
        } else if constexpr (std::is_same_v<Kind, study::PutTrial>) {
          return Put(one.trial);
        } else if constexpr (std::is_same_v<Kind, study::PutWorker>) {
          return Put(one.worker);
        } else if constexpr (std::is_same_v<Kind, AppendEpochs>) {
          return Append(one);
        } else if constexpr (std::is_same_v<Kind, CopyEpochs>) {
          return Copy(one);
        } else if constexpr (std::is_same_v<Kind, study::ForgetWorker>) {
          return Forget(one);
        } else {
          return Put(one);
        }
      },
      change);
}

absl::Status ChangeWriter::Put(const study::StudyRecord& study) try {
  const std::string state(study::ToString(study.state));
  std::optional<std::string> extended_from;
  if (study.extended_from) extended_from = study::ToString(*study.extended_from);
  Query query(statements_, kPutStudy, study.id, study.name, study.spec, state, study.stopping, study.reason,
              study.data_hash, study.numerics_digest, study.metric, study.direction, study.planned_trials,
              study.max_trials, study.next_trial, study.best_trial, extended_from, study.created_at,
              study.started_at, study.finished_at);
  failpoint::Failpoint("server.apply.study");
  query.Run();
  return absl::OkStatus();
} catch (const SQLite::Exception& error) {
  if (!IsDuplicate(error)) throw;
  return absl::AlreadyExistsError(fmt::format("there is a study '{}' already", study.name));
}

absl::Status ChangeWriter::Put(const study::RoundRecord& round) try {
  const std::string centres = WriteCentres(round.centres);
  Query query(statements_, kPutRound, round.study, round.number, round.first_trial, round.trials, centres,
              round.opened_at, round.boxes, round.epochs, round.by_hand, round.num);
  failpoint::Failpoint("server.apply.round");
  query.Run();
  return absl::OkStatus();
} catch (const SQLite::Exception& error) {
  if (!IsDuplicate(error)) throw;
  return absl::AlreadyExistsError(fmt::format("round {} of study {} is open already", round.number, round.study));
}

absl::Status ChangeWriter::Cut(const study::CutRound& round) {
  Query query(statements_, kCutRound, round.study, round.number, round.trials);
  if (query.Run() > 0) return absl::OkStatus();
  return absl::NotFoundError(fmt::format("study {} has no round {}", round.study, round.number));
}

absl::Status ChangeWriter::Put(const study::PutEarlier& earlier) try {
  std::int64_t number = 0;
  for (const study::EarlierResult& result : earlier.results) {
    Query(statements_, kPutEarlier, earlier.study, ++number, result.study, result.trial, result.point,
          result.objective)
        .Run();
  }
  return absl::OkStatus();
} catch (const SQLite::Exception& error) {
  if (!IsDuplicate(error)) throw;
  return absl::AlreadyExistsError(fmt::format("study {} has its earlier results already", earlier.study));
}

absl::Status ChangeWriter::Put(const study::TrialRecord& trial) {
  const std::string state(study::ToString(trial.state));
  Query query(statements_, kPutTrial, trial.study, trial.number, trial.round, state, trial.reason, trial.objective,
              trial.best_epoch, trial.epochs, trial.epochs_planned, trial.parameters, trial.seed, trial.replicate,
              trial.worker, trial.attempt, trial.lost, trial.reused_from, trial.started_at, trial.finished_at,
              trial.seconds, trial.key, trial.reused_elsewhere.study, trial.reused_elsewhere.trial, trial.point);
  failpoint::Failpoint("server.apply.trial");
  if (query.Run() > 0) return absl::OkStatus();
  return absl::FailedPreconditionError(fmt::format("trial {} of study {}: attempt {} is over, a later one has it",
                                                   trial.number, trial.study, trial.attempt));
}

absl::Status ChangeWriter::Put(const study::WorkerRecord& worker) {
  Query query(statements_, kPutWorker, worker.name, worker.instance, worker.slots, worker.numerics_digest,
              worker.datasets, worker.connected, worker.seen_at);
  failpoint::Failpoint("server.apply.worker");
  query.Run();
  return absl::OkStatus();
}

absl::Status ChangeWriter::Forget(const study::ForgetWorker& worker) {
  Query query(statements_, kForgetWorker, worker.name);
  query.Run();
  return absl::OkStatus();
}

absl::Status ChangeWriter::Put(const PutRequest& request) try {
  Query query(statements_, kPutRequest, request.request_id, request.answer);
  failpoint::Failpoint("server.apply.request");
  query.Run();
  return absl::OkStatus();
} catch (const SQLite::Exception& error) {
  if (!IsDuplicate(error)) throw;
  return absl::AlreadyExistsError(fmt::format("request '{}' was carried out already", request.request_id));
}

absl::Status ChangeWriter::Append(const AppendEpochs& append) {
  {
    Query attempt(statements_, kAttempt, append.study, append.trial);
    if (!attempt.Next()) {
      return absl::FailedPreconditionError(
          fmt::format("trial {} of study {} has no row to report epochs of", append.trial, append.study));
    }
    if (const std::int64_t stored = Columns(attempt).Integer(); stored != append.attempt) {
      return absl::FailedPreconditionError(
          fmt::format("trial {} of study {}: attempt {} reports, attempt {} has it", append.trial, append.study,
                      append.attempt, stored));
    }
  }
  for (const EpochRecord& epoch : append.epochs) {
    if (absl::Status appended = AppendOne(append, epoch); !appended.ok()) return appended;
  }
  return absl::OkStatus();
}

absl::Status ChangeWriter::AppendOne(const AppendEpochs& append, const EpochRecord& epoch) {
  const int inserted =
      RunSealed(statements_, kAppendEpoch, append.study, append.trial, epoch.epoch, Finite(epoch.train_loss),
                Finite(epoch.train_error), Finite(epoch.validation_loss), Finite(epoch.validation_error),
                Finite(epoch.learning_rate), epoch.seconds, epoch.reported_at, Finite(epoch.gradient_norm),
                Finite(epoch.weight_norm), Finite(epoch.samples_per_second));
  if (inserted > 0) {
    failpoint::Failpoint("server.apply.epochs");
    for (const study::MetricValue& each : epoch.metrics) {
      const std::string& name = MetricName(each.metric.part, each.metric.metric);
      RunSealed(statements_, kAppendMetric, append.study, append.trial, epoch.epoch, name, Finite(each.value));
    }
    return absl::OkStatus();
  }
  std::vector<EpochRecord> known;
  Query stored(statements_, kStoredEpoch.c_str(), append.study, append.trial, epoch.epoch);
  if (stored.Next()) known.push_back(ReadEpoch(stored));
  Query metrics(statements_, kStoredMetrics.c_str(), append.study, append.trial, epoch.epoch);
  ReadMetrics(metrics, known);
  if (!known.empty() && SameResult(known.front(), epoch)) return absl::OkStatus();
  return absl::AbortedError(
      fmt::format("trial {} of study {}: epoch {} was reported before with other bits, so that the trial is not "
                  "reproducible",
                  append.trial, append.study, epoch.epoch));
}

absl::Status ChangeWriter::Copy(const CopyEpochs& copy) {
  // The copies have checksums of their own, which would make sound what is not.
  if (Query unsound(statements_, kUnsound.c_str(), copy.from_study, copy.from); unsound.Next()) {
    return absl::InternalError(
        fmt::format("study {}, trial {}, epoch {}: the values are not those of its checksum, so that the curve is "
                    "not taken over",
                    copy.from_study, copy.from, Columns(unsound).Integer()));
  }
  Query(statements_, kCopyEpochs, copy.from_study, copy.from, copy.study, copy.to, copy.epochs).Run();
  failpoint::Failpoint("server.apply.copy");
  Query(statements_, kCopyMetrics, copy.from_study, copy.from, copy.study, copy.to, copy.epochs).Run();
  return absl::OkStatus();
}

}  // namespace hpsearch::store
