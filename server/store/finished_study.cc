#include "server/store/finished_study.h"

#include <SQLiteCpp/Transaction.h>
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "server/store/change_writer.h"
#include "server/store/database.h"
#include "server/store/file_lock.h"

namespace hpsearch::store {
namespace {

constexpr std::int64_t kTrialsACommit = 1000;
constexpr study::Micros kBegun = 1'700'000'000'000'000;

constexpr std::int64_t kTrialsAlike = 1000;  // every so many trials the errors come again, the lowest last

double ErrorOf(std::int64_t trial, std::int64_t epoch) {
  return 0.1 + 0.5 / static_cast<double>(epoch) + 1e-6 * static_cast<double>(trial % kTrialsAlike);
}

study::TrialRecord TrialOf(std::int64_t number, std::int64_t epochs) {
  study::TrialRecord trial;
  trial.study = 1;
  trial.number = number;
  trial.state = study::TrialState::kCompleted;
  if (epochs > 0) {
    trial.objective = ErrorOf(number, epochs);
    trial.best_epoch = epochs;
  }
  trial.epochs = trial.epochs_planned = epochs;
  trial.parameters = fmt::format(R"({{"learning_rate":{}}})", 1e-6 * static_cast<double>(number));
  trial.worker = "nobody";
  trial.attempt = 1;
  trial.started_at = kBegun;
  trial.finished_at = kBegun + number;
  trial.seconds = 0.001 * static_cast<double>(epochs);
  return trial;
}

study::AppendEpochs CurveOf(std::int64_t trial, std::int64_t epochs) {
  study::AppendEpochs append{.study = 1, .trial = trial, .attempt = 1, .epochs = {}};
  for (std::int64_t number = 1; number <= epochs; ++number) {
    study::EpochRecord epoch;
    epoch.epoch = number;
    epoch.train_loss = epoch.validation_loss = 2 * ErrorOf(trial, number);
    epoch.train_error = epoch.validation_error = ErrorOf(trial, number);
    epoch.learning_rate = 0.1;
    epoch.seconds = 0.001;
    epoch.reported_at = kBegun + trial;
    append.epochs.push_back(std::move(epoch));
  }
  return append;
}

}  // namespace

absl::Status WriteFinishedStudy(const std::string& path, study::StudyRecord study, std::int64_t trials,
                                std::int64_t epochs) {
  const absl::StatusOr<FileLock> lock = FileLock::Acquire(path);
  if (!lock.ok()) return lock.status();
  const absl::StatusOr<std::unique_ptr<SQLite::Database>> database = OpenToWrite(path);
  if (!database.ok()) return database.status();
  study.id = 1;
  study.state = study::StudyState::kCompleted;
  study.metric = "validation_error";
  study.direction = "minimize";
  study.planned_trials = study.max_trials = trials;
  study.next_trial = trials + 1;
  if (epochs > 0) study.best_trial = trials < kTrialsAlike ? 1 : kTrialsAlike;
  study.created_at = kBegun;
  study.started_at = kBegun;
  study.finished_at = kBegun + trials;
  try {
    if ((*database)->execAndGet("SELECT count(*) FROM studies").getInt64() > 0) {
      return absl::AlreadyExistsError(path + " has studies already");
    }
    ChangeWriter writer(**database);
    absl::Status status;
    {
      SQLite::Transaction transaction(**database);
      status.Update(writer.Apply(study::PutStudy{study}));
      status.Update(writer.Apply(study::PutRound{{.study = 1, .trials = trials, .opened_at = kBegun}}));
      if (!status.ok()) return status;  // and rolled back
      transaction.commit();
    }
    for (std::int64_t first = 1; first <= trials; first += kTrialsACommit) {
      SQLite::Transaction transaction(**database);
      for (std::int64_t trial = first; trial <= std::min(trials, first + kTrialsACommit - 1); ++trial) {
        status.Update(writer.Apply(study::PutTrial{TrialOf(trial, epochs)}));
        if (epochs > 0) status.Update(writer.Apply(CurveOf(trial, epochs)));
      }
      if (!status.ok()) return status;
      transaction.commit();
    }
    return status;
  } catch (const SQLite::Exception& error) {
    return ToStatus(error, path);
  }
}

}  // namespace hpsearch::store
