#include "server/store/sqlite_store.h"

#include <fmt/format.h>
#include <sqlite3.h>

#include <algorithm>
#include <utility>

#include "server/store/best_points.h"
#include "server/store/database.h"
#include "server/store/file_lock.h"
#include "server/store/group_commit.h"
#include "server/store/rows.h"

namespace hpsearch::store {
namespace {

using study::StoredStudy;
using study::StudyRecord;
using study::TrialRecord;
using study::TrialState;

const std::string kOpenStudies =
    fmt::format("SELECT {} FROM studies WHERE state IN ('RUNNING', 'PAUSED') ORDER BY id", kStudyColumns);
const std::string kStudyByName = fmt::format("SELECT {} FROM studies WHERE name = ?1", kStudyColumns);
const std::string kStudyById = fmt::format("SELECT {} FROM studies WHERE id = ?1", kStudyColumns);
const std::string kRounds = fmt::format("SELECT {} FROM rounds WHERE study = ?1 ORDER BY number", kRoundColumns);
// "+number": sorts the few, rather than walk through all trials in their order.
const std::string kOpenTrials = fmt::format(
    "SELECT {} FROM trials WHERE study = ?1 AND state IN ('QUEUED', 'RUNNING', 'PAUSED') ORDER BY +number",
    kTrialColumns);
const std::string kChosenTrials =
    fmt::format("SELECT {} FROM trials WHERE study = ?1 AND point <> '' ORDER BY number", kTrialColumns);
const std::string kEarlier =
    fmt::format("SELECT {} FROM earlier_results WHERE study = ?1 ORDER BY number", kEarlierColumns);
const std::string kTrial = fmt::format("SELECT {} FROM trials WHERE study = ?1 AND number = ?2", kTrialColumns);
// As the index trained_keys has it.
const std::string kTrainedAs = fmt::format(
    "SELECT {} FROM trials WHERE key = ?1 AND key <> '' AND state IN ('COMPLETED', 'DIVERGED') AND "
    "(reused_from IS NULL OR attempt > 0) AND reused_study = '' ORDER BY epochs DESC, study, number LIMIT 4",
    kTrialColumns);
const std::string kEpochs =
    fmt::format("SELECT {} FROM epochs WHERE study = ?1 AND trial = ?2 ORDER BY epoch", kEpochColumns);
const std::string kMetrics =
    fmt::format("SELECT {} FROM metrics WHERE study = ?1 AND trial = ?2 ORDER BY epoch, metric", kMetricColumns);
const std::string kWorkers = fmt::format("SELECT {} FROM workers ORDER BY name", kWorkerColumns);
constexpr char kBest[] =
    "SELECT {} FROM trials WHERE study = ?1 AND state IN ('COMPLETED', 'EARLY_STOPPED') "
    "AND (reused_from IS NULL OR attempt > 0) AND objective IS NOT NULL ORDER BY objective {}, number LIMIT ?2";
const std::string kLowest = fmt::format(kBest, kTrialColumns, "ASC");
const std::string kHighest = fmt::format(kBest, kTrialColumns, "DESC");
constexpr char kFailedFrom[] =
    "SELECT count(*) FROM trials WHERE study = ?1 AND state = 'FAILED' AND number >= ?2";
constexpr char kCounts[] = "SELECT state, trials FROM trial_counts WHERE study = ?1 AND trials > 0";
constexpr char kLike[] =
    "SELECT EXISTS (SELECT 1 FROM studies WHERE id <> ?1 AND numerics_digest = ?3 AND "
    "(data_hash = ?2 OR data_hash GLOB '{*' OR (?2 GLOB '{*' AND data_hash <> '')))";
constexpr char kRequest[] = "SELECT answer FROM requests WHERE request_id = ?1";
// AUTOINCREMENT remembers the ids of studies that were deleted.
constexpr char kLastId[] = "SELECT seq FROM sqlite_sequence WHERE name = 'studies'";

}  // namespace

class SqliteStore::Impl {
 public:
  Impl(FileLock lock, std::string path, std::unique_ptr<SQLite::Database> writer,
       std::unique_ptr<SQLite::Database> reader, study::Strand& strand)
      : lock_(std::move(lock)),
        path_(std::move(path)),
        commits_(std::make_unique<GroupCommit>(std::move(writer), strand)),
        reader_(std::move(reader)),
        statements_(std::make_unique<Statements>(*reader_)) {}

  ~Impl() {
    // The writer closes last, so that it finds the log unread and leaves none.
    statements_.reset();
    reader_.reset();
    commits_.reset();
  }

  GroupCommit& commits() { return *commits_; }

  // What `read` makes of one state of the file; or what SQLite said.
  template <class Result, class Reading>
  absl::StatusOr<Result> Read(Reading read) {
    return ReadSnapshot<Result>(*reader_, *statements_, path_, std::move(read));
  }

 private:
  FileLock lock_;
  std::string path_;
  std::unique_ptr<GroupCommit> commits_;
  std::unique_ptr<SQLite::Database> reader_;
  std::unique_ptr<Statements> statements_;
};

namespace {

std::vector<study::EpochRecord> ReadCurveOf(Statements& statements, std::int64_t study, std::int64_t trial) {
  std::vector<study::EpochRecord> curve;
  for (Query epochs(statements, kEpochs.c_str(), study, trial); epochs.Next();) curve.push_back(ReadEpoch(epochs));
  Query metrics(statements, kMetrics.c_str(), study, trial);
  ReadMetrics(metrics, curve);
  return curve;
}

void ReadOpen(Statements& statements, Query& trial, StoredStudy& stored) {
  StoredStudy::Open& open = stored.open.emplace_back();
  open.trial = ReadTrial(trial);
  open.epochs = ReadCurveOf(statements, stored.study.id, open.trial.number);
}

// All but its open trials.
StoredStudy ReadStored(Statements& statements, StudyRecord record) {
  StoredStudy stored;
  stored.study = std::move(record);
  const std::int64_t id = stored.study.id;
  for (Query rounds(statements, kRounds.c_str(), id); rounds.Next();) stored.rounds.push_back(ReadRound(rounds));
  for (Query counts(statements, kCounts, id); counts.Next();) {
    Columns columns(counts);
    const std::optional<TrialState> state = study::TrialStateFrom(columns.Text());
    if (state.has_value()) stored.counts.emplace_back(*state, columns.Integer());
  }
  std::sort(stored.counts.begin(), stored.counts.end());
  if (!stored.rounds.empty()) {
    Query failed(statements, kFailedFrom, id, stored.rounds.back().first_trial);
    if (failed.Next()) stored.failed_of_round = Columns(failed).Integer();
  }
  for (Query chosen(statements, kChosenTrials.c_str(), id); chosen.Next();) {
    stored.chosen.push_back(ReadTrial(chosen));
  }
  for (Query earlier(statements, kEarlier.c_str(), id); earlier.Next();) {
    stored.earlier.push_back(ReadEarlier(earlier));
  }
  return stored;
}

// A trial that the index of states does not lead to would never be gone on with.
void CheckAllOpen(const StoredStudy& stored) {
  std::int64_t counted = 0;
  for (const auto& [state, trials] : stored.counts) counted += study::IsFinal(state) ? 0 : trials;
  if (counted == std::ssize(stored.open)) return;
  throw SQLite::Exception(fmt::format("study {} has {} open trials by its counts, {} by its rows",
                                      stored.study.name, counted, stored.open.size()),
                          SQLITE_CORRUPT);
}

}  // namespace

absl::StatusOr<std::unique_ptr<SqliteStore>> SqliteStore::Open(const std::string& path, study::Strand& strand) {
  absl::StatusOr<std::string> file = CanonicalPath(path);
  if (!file.ok()) return file.status();
  // Before the lock, so that a foreign file gets no lock file beside it.
  const absl::StatusOr<FileState> state = Inspect(*file);
  if (!state.ok()) return state.status();
  if (absl::Status whole = CheckNotEmptied(*file, *state); !whole.ok()) return whole;
  absl::StatusOr<FileLock> lock = FileLock::Acquire(*file);
  if (!lock.ok()) return lock.status();
  absl::StatusOr<std::unique_ptr<SQLite::Database>> writer = OpenToWrite(*file);
  if (!writer.ok()) return writer.status();
  absl::StatusOr<std::unique_ptr<SQLite::Database>> reader = OpenToRead(*file);
  if (!reader.ok()) return reader.status();
  return std::unique_ptr<SqliteStore>(new SqliteStore(
      std::make_unique<Impl>(*std::move(lock), *std::move(file), *std::move(writer), *std::move(reader), strand)));
}

SqliteStore::SqliteStore(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
SqliteStore::~SqliteStore() = default;

void SqliteStore::Commit(study::Batch batch, std::function<void(absl::Status)> done) {
  impl_->commits().Commit(std::move(batch), std::move(done));
}

absl::StatusOr<std::vector<StoredStudy>> SqliteStore::LoadOpenStudies() {
  return impl_->Read<std::vector<StoredStudy>>([](Statements& statements) {
    std::vector<StoredStudy> studies;
    for (Query open(statements, kOpenStudies.c_str()); open.Next();) {
      StoredStudy& stored = studies.emplace_back(ReadStored(statements, ReadStudy(open)));
      for (Query trials(statements, kOpenTrials.c_str(), stored.study.id); trials.Next();) {
        ReadOpen(statements, trials, stored);
      }
      CheckAllOpen(stored);
    }
    return studies;
  });
}

absl::StatusOr<StoredStudy> SqliteStore::LoadStudy(std::int64_t study, const std::vector<std::int64_t>& trials) {
  return impl_->Read<StoredStudy>([&](Statements& statements) -> absl::StatusOr<StoredStudy> {
    Query query(statements, kStudyById.c_str(), study);
    if (!query.Next()) return absl::NotFoundError(fmt::format("there is no study {}", study));
    StoredStudy stored = ReadStored(statements, ReadStudy(query));
    for (const std::int64_t number : trials) {
      Query trial(statements, kTrial.c_str(), study, number);
      if (!trial.Next()) return absl::NotFoundError(fmt::format("trial {} of study {} has no row", number, study));
      ReadOpen(statements, trial, stored);
    }
    return stored;
  });
}

absl::StatusOr<StudyRecord> SqliteStore::FindStudy(const std::string& name) {
  return impl_->Read<StudyRecord>([&](Statements& statements) -> absl::StatusOr<StudyRecord> {
    Query query(statements, kStudyByName.c_str(), name);
    if (!query.Next()) return absl::NotFoundError(fmt::format("there is no study '{}'", name));
    return ReadStudy(query);
  });
}

absl::StatusOr<std::string> SqliteStore::FindRequest(const std::string& request_id) {
  return impl_->Read<std::string>([&](Statements& statements) -> absl::StatusOr<std::string> {
    Query query(statements, kRequest, request_id);
    if (!query.Next()) return absl::NotFoundError(fmt::format("no request '{}' was carried out", request_id));
    return Columns(query).Text();
  });
}

absl::StatusOr<TrialRecord> SqliteStore::FindTrial(std::int64_t study, std::int64_t trial) {
  return impl_->Read<TrialRecord>([&](Statements& statements) -> absl::StatusOr<TrialRecord> {
    Query query(statements, kTrial.c_str(), study, trial);
    if (!query.Next()) return absl::NotFoundError(fmt::format("trial {} of study {} has no row", trial, study));
    return ReadTrial(query);
  });
}

absl::StatusOr<std::vector<TrialRecord>> SqliteStore::TrainedAs(const std::string& key) {
  return impl_->Read<std::vector<TrialRecord>>([&](Statements& statements) {
    std::vector<TrialRecord> trained;
    for (Query query(statements, kTrainedAs.c_str(), key); query.Next();) trained.push_back(ReadTrial(query));
    return trained;
  });
}

absl::StatusOr<bool> SqliteStore::HasLike(const StudyRecord& study) {
  return impl_->Read<bool>([&](Statements& statements) -> absl::StatusOr<bool> {
    Query query(statements, kLike, study.id, study.data_hash, study.numerics_digest);
    return query.Next() && Columns(query).Integer() != 0;
  });
}

absl::StatusOr<StudyRecord> SqliteStore::FindStudyOf(std::int64_t id) {
  return impl_->Read<StudyRecord>([&](Statements& statements) -> absl::StatusOr<StudyRecord> {
    Query query(statements, kStudyById.c_str(), id);
    if (!query.Next()) return absl::NotFoundError(fmt::format("there is no study {}", id));
    return ReadStudy(query);
  });
}

absl::StatusOr<std::vector<study::EpochRecord>> SqliteStore::ReadCurve(std::int64_t study, std::int64_t trial) {
  return impl_->Read<std::vector<study::EpochRecord>>(
      [&](Statements& statements) { return ReadCurveOf(statements, study, trial); });
}

absl::StatusOr<std::vector<TrialRecord>> SqliteStore::BestTrials(std::int64_t study, bool minimize,
                                                                 std::int64_t limit) {
  return impl_->Read<std::vector<TrialRecord>>([&](Statements& statements) {
    std::vector<TrialRecord> best;
    const char* sql = minimize ? kLowest.c_str() : kHighest.c_str();
    for (Query query(statements, sql, study, limit); query.Next();) best.push_back(ReadTrial(query));
    return best;
  });
}

absl::StatusOr<study::RankedPoints> SqliteStore::BestPoints(const StudyRecord& study, std::int64_t replicates,
                                                            std::int64_t limit) {
  return impl_->Read<study::RankedPoints>(
      [&](Statements& statements) { return ReadBestPoints(statements, study.id, replicates, limit); });
}

absl::StatusOr<std::int64_t> SqliteStore::LastStudyId() {
  return impl_->Read<std::int64_t>([](Statements& statements) {
    Query query(statements, kLastId);
    return query.Next() ? Columns(query).Integer() : 0;
  });
}

absl::StatusOr<std::vector<study::WorkerRecord>> SqliteStore::LoadWorkers() {
  return impl_->Read<std::vector<study::WorkerRecord>>([](Statements& statements) {
    std::vector<study::WorkerRecord> workers;
    for (Query query(statements, kWorkers.c_str()); query.Next();) workers.push_back(ReadWorker(query));
    return workers;
  });
}

}  // namespace hpsearch::store
