#include "server/store/study_reader.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <map>
#include <utility>

#include "server/store/database.h"
#include "server/store/rows.h"
#include "server/store/study_rows.h"
#include "server/store/study_tallies.h"
#include "server/store/trial_order.h"

namespace hpsearch::store {
namespace {

constexpr char kStudyId[] = "SELECT id FROM studies WHERE name = ?1";
constexpr char kBest[] = "SELECT best_trial FROM studies WHERE name = ?1";

absl::Status NoStudy(const std::string& study) {
  return absl::NotFoundError(fmt::format("there is no study '{}'", study));
}

absl::Status NoTrial(const std::string& study, std::int64_t trial) {
  return absl::NotFoundError(fmt::format("study '{}' has no trial {} yet", study, trial));
}

void SetTally(const RoundTally& tally, RoundRow& row) {
  row.trained = tally.trained;
  row.reused = tally.reused;
  row.extended = tally.extended;
  row.best_trial = tally.best_trial;
  if (tally.best_trial) row.best_objective = tally.best_objective;
}

bool HasStudy(Statements& statements, const std::string& study) {
  return Query(statements, kStudyId, study).Next();
}

}  // namespace

class StudyReader::Impl {
 public:
  Impl(std::string path, std::unique_ptr<SQLite::Database> database)
      : path_(std::move(path)), database_(std::move(database)), statements_(*database_) {}

  SQLite::Database& database() { return *database_; }
  StudyTallies& tallies() { return tallies_; }

  // What `read` makes of one state of the file; or what SQLite said.
  template <class Result, class Reading>
  absl::StatusOr<Result> Read(Reading read) {
    if (absl::Status there = CheckInPlace(*database_, path_); !there.ok()) return there;
    return ReadSnapshot<Result>(*database_, statements_, path_, std::move(read));
  }

 private:
  std::string path_;
  std::unique_ptr<SQLite::Database> database_;
  Statements statements_;
  StudyTallies tallies_;
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

absl::StatusOr<std::vector<StudyRow>> StudyReader::Studies(const std::string& after, std::int64_t limit) {
  using Rows = std::vector<StudyRow>;
  return impl_->Read<Rows>([&](Statements& statements) -> absl::StatusOr<Rows> {
    std::int64_t below = std::numeric_limits<std::int64_t>::max();
    if (!after.empty()) {
      Query query(statements, kStudyId, after);
      if (!query.Next()) return NoStudy(after);
      below = Columns(query).Integer();
    }
    Rows rows;
    for (Query query(statements, StudiesSql(), below, limit); query.Next();) {
      rows.push_back(ReadStudyRow(query, statements, impl_->tallies()));
    }
    return rows;
  });
}

absl::StatusOr<StudyRow> StudyReader::Study(const std::string& study, Detail detail) {
  return impl_->Read<StudyRow>([&](Statements& statements) -> absl::StatusOr<StudyRow> {
    Query query(statements, StudySql(detail), study);
    if (!query.Next()) return NoStudy(study);
    StudyRow row = ReadStudyRow(query, statements, impl_->tallies());
    if (detail == Detail::kWithoutSpec) return row;
    for (Query learnt(statements, LearntSql(), study); learnt.Next();) row.learnt.push_back(ReadLearntRow(learnt));
    return row;
  });
}

absl::StatusOr<std::vector<TrialRow>> StudyReader::Trials(const TrialQuery& query) {
  using Rows = std::vector<TrialRow>;
  if (absl::Status valid = Check(query); !valid.ok()) return valid;
  return impl_->Read<Rows>([&](Statements& statements) -> absl::StatusOr<Rows> {
    if (!HasStudy(statements, query.study)) return NoStudy(query.study);
    const absl::StatusOr<std::string> sql = Select(statements, query);
    if (!sql.ok()) return sql.status();
    SQLite::Statement statement(impl_->database(), *sql);
    Query trials(statement, query.study, query.limit, query.offset);
    if (query.state.has_value()) statement.bindNoCopy(4, *query.state);
    Rows rows;
    for (std::size_t bytes = 0; bytes <= query.most_bytes && trials.Next();) {
      rows.push_back(ReadTrialRow(trials));
      bytes += rows.back().parameters.size() + rows.back().reason.size();
    }
    return rows;
  });
}

absl::StatusOr<TrialRow> StudyReader::Trial(const std::string& study, std::int64_t trial) {
  return impl_->Read<TrialRow>([&](Statements& statements) -> absl::StatusOr<TrialRow> {
    if (!HasStudy(statements, study)) return NoStudy(study);
    Query query(statements, TrialSql(), study, trial);
    if (!query.Next()) return NoTrial(study, trial);
    return ReadTrialRow(query);
  });
}

absl::StatusOr<TrialRow> StudyReader::BestTrial(const std::string& study) {
  return impl_->Read<TrialRow>([&](Statements& statements) -> absl::StatusOr<TrialRow> {
    Query best(statements, kBest, study);
    if (!best.Next()) return NoStudy(study);
    const std::optional<std::int64_t> trial = Columns(best).OptionalInteger();
    if (trial.has_value()) {
      if (Query query(statements, TrialSql(), study, *trial); query.Next()) return ReadTrialRow(query);
    }
    return absl::NotFoundError(fmt::format("no trial of study '{}' has a result yet", study));
  });
}

absl::StatusOr<std::vector<RoundRow>> StudyReader::Rounds(const std::string& study, std::int64_t after,
                                                          std::int64_t limit, std::size_t most_bytes) {
  using Rows = std::vector<RoundRow>;
  return impl_->Read<Rows>([&](Statements& statements) -> absl::StatusOr<Rows> {
    std::int64_t id = 0;
    if (Query query(statements, kStudyId, study); query.Next()) id = Columns(query).Integer();
    if (id == 0) return NoStudy(study);
    const std::map<std::int64_t, RoundTally>& tallies = impl_->tallies().Rounds(id, statements);
    Rows rows;
    Query query(statements, RoundsSql(), id, after, limit);
    for (std::size_t bytes = 0; bytes <= most_bytes && query.Next(); bytes += rows.back().boxes.size()) {
      rows.push_back(ReadRoundRow(query));
      if (const auto tally = tallies.find(rows.back().round); tally != tallies.end()) {
        SetTally(tally->second, rows.back());
      }
    }
    return rows;
  });
}

absl::StatusOr<std::vector<EpochRow>> StudyReader::Curve(const std::string& study, std::int64_t trial,
                                                         std::int64_t after, std::int64_t limit) {
  using Rows = std::vector<EpochRow>;
  return impl_->Read<Rows>([&](Statements& statements) -> absl::StatusOr<Rows> {
    if (!HasStudy(statements, study)) return NoStudy(study);
    if (!Query(statements, TrialSql(), study, trial).Next()) return NoTrial(study, trial);
    Rows rows;
    for (Query query(statements, CurveSql(), study, trial, after, limit); query.Next();) {
      rows.push_back(ReadEpochRow(query));
    }
    if (rows.empty()) return rows;
    Query metrics(statements, CurveMetricsSql(), study, trial, after, rows.back().epoch);
    ReadMetricRows(metrics, rows);
    return rows;
  });
}

absl::StatusOr<std::vector<EpochRow>> StudyReader::Curves(const std::string& study, std::int64_t first,
                                                          std::int64_t count) {
  using Rows = std::vector<EpochRow>;
  constexpr std::int64_t kEnd = std::numeric_limits<std::int64_t>::max();
  return impl_->Read<Rows>([&](Statements& statements) -> absl::StatusOr<Rows> {
    if (!HasStudy(statements, study)) return NoStudy(study);
    Rows rows;
    const std::int64_t behind = count > kEnd - std::max<std::int64_t>(first, 0) ? kEnd : first + count;
    for (Query query(statements, CurvesSql(), study, first, behind); query.Next();) {
      rows.push_back(ReadEpochRow(query));
    }
    Query metrics(statements, CurvesMetricsSql(), study, first, behind);
    ReadMetricRows(metrics, rows);
    return rows;
  });
}

absl::StatusOr<std::vector<WorkerRow>> StudyReader::Workers() {
  return impl_->Read<std::vector<WorkerRow>>([](Statements& statements) {
    std::vector<WorkerRow> workers;
    for (Query query(statements, WorkersSql()); query.Next();) workers.push_back(ReadWorkerRow(query));
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
