#include "server/store/doctor.h"

#include <SQLiteCpp/Statement.h>
#include <fmt/format.h>
#include <sqlite3.h>

#include <cstdlib>
#include <map>
#include <memory>
#include <string_view>
#include <utility>

#include "server/store/database.h"
#include "server/store/rows.h"
#include "server/store/structure.h"
#include "server/store/study_examination.h"

namespace hpsearch::store {
namespace {

constexpr std::int64_t kLeastCell = 4;  // bytes, of a row in a page
constexpr std::string_view kNotRead = "unable to get the page. error code=";

// By id; one after the other, so that not all specifications are in memory.
const std::string kNextStudy =
    fmt::format("SELECT {} FROM studies WHERE id > ?1 ORDER BY id LIMIT 1", kStudyColumns);
constexpr char kLastId[] =
    "SELECT coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'studies'), 0), coalesce(max(id), 0) FROM "
    "studies";

// A part that meets rows which cannot be read has found something; one that the disk fails has not.
template <class Part>
void Run(Findings& findings, const std::string& study, Part part) try {
  part();
} catch (const SQLite::Exception& error) {
  const int code = error.getErrorCode() & 0xff;
  const bool found = IsDamage(error) || code == SQLITE_ERROR || error.getErrorCode() < 0;
  if (!found) throw;
  findings.Add({study, {}, {}, error.what()});
}

void ExamineTrees(SQLite::Database& database, Findings& findings) {
  SQLite::Statement check(database, "PRAGMA integrity_check(1)");
  while (check.executeStep()) {
    std::string found = check.getColumn(0).getString();
    if (found == "ok") continue;
    // SQLite counts a page that the disk did not give among the damaged ones.
    if (const std::size_t at = found.find(kNotRead); at != std::string::npos) {
      const int code = std::atoi(found.c_str() + at + kNotRead.size());
      if ((code & 0xff) == SQLITE_IOERR) throw SQLite::Exception(found, code);
    }
    findings.Add({"", {}, {}, std::move(found)});
  }
}

void ExamineKeys(SQLite::Database& database, Findings& findings) {
  std::map<std::pair<std::string, std::string>, std::int64_t> orphans;
  for (SQLite::Statement check(database, "PRAGMA foreign_key_check"); check.executeStep();) {
    ++orphans[{check.getColumn(0).getString(), check.getColumn(2).getString()}];
  }
  for (const auto& [tables, rows] : orphans) {
    findings.Add(
        {"", {}, {}, fmt::format("{} rows of {} belong to no row of {}", rows, tables.first, tables.second)});
  }
}

void ExamineStudies(Statements& statements, std::int64_t most_rows, Diagnosis& diagnosis) {
  for (std::int64_t last = 0;;) {
    study::StudyRecord study;
    {
      Query query(statements, kNextStudy.c_str(), last);
      if (!query.Next()) break;
      study = ReadStudy(query);
    }
    // The rows come by their ids, unless it is the ids that are damaged.
    if (study.id <= last) throw SQLite::Exception("studies are not in the order of their ids", SQLITE_CORRUPT);
    last = study.id;
    ++diagnosis.studies;
    Run(diagnosis.findings, study.name, [&] {
      const Examined examined = ExamineStudy(statements, study, most_rows, diagnosis.findings);
      diagnosis.trials += examined.trials;
      diagnosis.epochs += examined.epochs;
    });
  }
  Query ids(statements, kLastId);
  ids.Next();
  Columns columns(ids);
  const std::int64_t given = columns.Integer();
  if (const std::int64_t highest = columns.Integer(); given < highest) {
    diagnosis.findings.Add({"", {}, {}, fmt::format("study {} has an id that was never given", highest)});
  }
}

}  // namespace

absl::StatusOr<Diagnosis> Examine(const std::string& path, std::size_t most_findings) {
  const absl::StatusOr<std::string> file = CanonicalPath(path);
  if (!file.ok()) return file.status();
  const absl::StatusOr<std::unique_ptr<SQLite::Database>> opened = OpenToExamine(*file);
  if (!opened.ok()) return opened.status();
  SQLite::Database& database = **opened;
  Diagnosis diagnosis{.findings = Findings(most_findings)};
  Findings& findings = diagnosis.findings;
  try {
    database.exec("PRAGMA temp_store = FILE");
    Statements statements(database);
    const Snapshot snapshot(database);
    // A server may have been writing the log's head just then; not twice.
    if (!DamageOfLog(*file).empty()) {
      if (std::string damage = DamageOfLog(*file); !damage.empty()) findings.Add({"", {}, {}, std::move(damage)});
    }
    const std::int64_t bytes =
        database.execAndGet("PRAGMA page_count").getInt64() * database.execAndGet("PRAGMA page_size").getInt64();
    Run(findings, "", [&] { ExamineTrees(database, findings); });
    Run(findings, "", [&] { ExamineKeys(database, findings); });
    Run(findings, "", [&] { ExamineStudies(statements, bytes / kLeastCell, diagnosis); });
  } catch (const SQLite::Exception& error) {
    return ToStatus(error, *file);
  }
  return diagnosis;
}

}  // namespace hpsearch::store
