// Which files are taken, which are refused, and that a refused one is left as it was.
#include "server/store/database.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmath>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>

#include "server/store/migrations.h"
#include "server/store/study_reader.h"
#include "tests/server/store/open_sqlite.h"
#include "tests/server/store/sqlite_shell.h"
#include "tests/server/store/temp_folder.h"
#include "tests/server/study/record_samples.h"

namespace hpsearch::store {
namespace {

namespace fs = std::filesystem;
using hpsearch::testing::OpenSqlite;
using hpsearch::testing::SqliteShell;
using hpsearch::testing::TempFolder;
using ::testing::HasSubstr;

std::string Read(const std::string& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

void Write(const std::string& file, const std::string& bytes) { std::ofstream(file, std::ios::binary) << bytes; }

// Names and contents of a folder's files, but for the lock, and for an empty log and its index, which a look at a
// database may leave.
std::map<std::string, std::string> Contents(const TempFolder& folder) {
  std::map<std::string, std::string> contents;
  for (const auto& entry : fs::directory_iterator(folder.path())) {
    const std::string name = entry.path().filename().string();
    const std::string bytes = Read(entry.path().string());
    if (!name.ends_with(".lock") && !name.ends_with("-shm") && !(name.ends_with("-wal") && bytes.empty()))
      contents[name] = bytes;
  }
  return contents;
}

void MakeStudies(const std::string& file) {
  OpenSqlite store(file);
  ASSERT_TRUE(store.status.ok()) << store.status;
  ASSERT_TRUE(store.Commit({study::PutStudy{study::SampleStudy(1, "mlp")}}).ok());
}

// Both ways into a file refuse it, for that reason, and leave the folder as it was.
void ExpectRefused(const TempFolder& folder, const std::string& file, const std::string& reason) {
  const auto before = Contents(folder);
  OpenSqlite store(file);
  EXPECT_EQ(store.status.code(), absl::StatusCode::kFailedPrecondition) << store.status;
  EXPECT_THAT(std::string(store.status.message()), HasSubstr(reason));
  EXPECT_THAT(std::string(store.status.message()), HasSubstr(file));
  const absl::Status reader = StudyReader::Open(file).status();
  EXPECT_EQ(reader.code(), absl::StatusCode::kFailedPrecondition) << reader;
  EXPECT_THAT(std::string(reader.message()), HasSubstr(reason));
  EXPECT_TRUE(before == Contents(folder)) << "a file was changed, made or removed";
}

TEST(Database, ANewFileIsAStudyDatabaseOfThisVersion) {
  TempFolder folder;
  const std::string file = folder.File("new.db");
  MakeStudies(file);
  EXPECT_FALSE(fs::exists(file + "-wal")) << "a clean end leaves no log";
  EXPECT_FALSE(fs::exists(file + ".new"));
  EXPECT_EQ(SqliteShell(file,
                        "PRAGMA application_id; PRAGMA user_version; PRAGMA journal_mode; PRAGMA "
                        "integrity_check; PRAGMA foreign_key_check;"),
            std::to_string(kApplicationId) + "\n" + std::to_string(SchemaVersion()) + "\nwal\nok\n");
  EXPECT_EQ(SqliteShell(file,
                        "SELECT name FROM pragma_table_list WHERE schema = 'main' AND type = 'table' AND "
                        "name NOT LIKE 'sqlite%' AND NOT strict;"),
            "");
}

TEST(Database, MigrationsAreNumberedWithoutGaps) {
  int number = 0;
  for (const Migration& migration : Migrations()) EXPECT_EQ(migration.number, ++number);
}

// As the first version left it, with a curve: it gets what is new, empty, and the coordinator goes on with it.
TEST(Database, AFileOfTheFirstVersionIsBroughtUpToDate) {
  TempFolder folder;
  const std::string file = folder.File("first.db");
  const study::EpochRecord old = study::SampleEpoch(1);
  SqliteShell(file,
              "PRAGMA application_id = " + std::to_string(kApplicationId) + ";PRAGMA journal_mode = WAL;" +
                  std::string(Migrations().front().sql) + R"sql(
                    PRAGMA user_version = 1;
                    INSERT INTO studies VALUES (1, 'mlp', '{}', 'RUNNING', 0, '', '', '', 'validation_error',
                                                'minimize', 12, 137, 2, NULL, 0, NULL, NULL);
                    INSERT INTO rounds VALUES (1, 1, 1, 12, '[]', 5);
                    INSERT INTO trials VALUES (1, 1, 1, 'RUNNING', '', NULL, NULL, 1, 10, '{}', 7, 0, 'w1', 1, 0,
                                               NULL, NULL, NULL, 0);
                    INSERT INTO epochs VALUES (1, 1, 1, 1.0, 0.3, 0.1 + 0.2, 0.25, 0.01, 1.5, 7);)sql",
              /*write=*/true);
  OpenSqlite store(file);
  ASSERT_TRUE(store.status.ok()) << store.status;
  const study::EpochRecord again = store->LoadOpenStudies().value().at(0).open.at(0).epochs.at(0);
  EXPECT_TRUE(std::isnan(again.weight_norm) && std::isnan(again.gradient_norm) && again.metrics.empty());
  // The trial starts anew, and this version's worker tells more of the same epoch.
  EXPECT_TRUE(store.Commit({study::AppendEpochs{1, 1, 1, {old, study::SampleEpochWithMetrics(2)}}}).ok());
  EXPECT_EQ(SqliteShell(file,
                        ".nullvalue NULL\nPRAGMA user_version; SELECT epoch, metric, value FROM epoch_metrics "
                        "WHERE metric IN ('weight_norm', 'train_r2', 'train_loss') ORDER BY 1, 2"),
            std::to_string(SchemaVersion()) +
                "\n1|train_loss|1.0\n1|weight_norm|NULL\n2|train_loss|0.5\n2|train_r2|-0.5\n2|weight_norm|12.5\n");
}

TEST(Database, RoundsOfBeforeKnowNoBoxes) {
  TempFolder folder;
  const std::string file = folder.File("sixth.db");
  std::string script = "PRAGMA application_id = " + std::to_string(kApplicationId) + ";PRAGMA journal_mode = WAL;";
  // The fourth wants a function that sqlite3's shell has not; there is no row for it yet.
  for (const Migration& migration : Migrations().first(6)) {
    const std::string sql = migration.sql;
    script += migration.number == 4 ? R"sql(ALTER TABLE epochs ADD COLUMN checksum INTEGER NOT NULL DEFAULT 0;
                                           ALTER TABLE metrics ADD COLUMN checksum INTEGER NOT NULL DEFAULT 0;)sql"
                                    : sql;
  }
  SqliteShell(file, script + R"sql(
      PRAGMA user_version = 6;
      INSERT INTO studies (id, name, spec, state, stopping, reason, data_hash, numerics_digest, metric, direction,
                           planned_trials, max_trials, next_trial, created_at)
        VALUES (1, 'mlp', '{}', 'RUNNING', 0, '', '', '', 'validation_error', 'minimize', 12, 137, 1, 0);
      INSERT INTO rounds VALUES (1, 1, 1, 12, '[]', 5);)sql",
              /*write=*/true);
  OpenSqlite store(file);
  ASSERT_TRUE(store.status.ok()) << store.status;
  const study::RoundRecord round = store->LoadOpenStudies().value().at(0).rounds.at(0);
  EXPECT_TRUE(study::Same(round, {.study = 1, .trials = 12, .opened_at = 5}));
  EXPECT_EQ(SqliteShell(file, ".nullvalue NULL\nSELECT boxes, epochs, by_hand, num FROM rounds"),
            "[]|NULL|0|NULL\n");
}

TEST(Database, AnEmptyFileIsTakenAndKeepsItsPermissions) {
  TempFolder folder;
  const std::string file = folder.File("empty.db");
  Write(file, "");
  fs::permissions(file, fs::perms::owner_read | fs::perms::owner_write);
  EXPECT_EQ(StudyReader::Open(file).status().code(), absl::StatusCode::kFailedPrecondition);
  MakeStudies(file);
  EXPECT_EQ(fs::status(file).permissions(), fs::perms::owner_read | fs::perms::owner_write);
  EXPECT_TRUE(StudyReader::Open(file).value()->Study("mlp").ok());
}

TEST(Database, AFileIsMadeAnewAfterAKillWhileItWasMade) {
  TempFolder folder;
  Write(folder.File("studies.db.new"), "half of a database");
  Write(folder.File("studies.db.new-journal"), "a journal");
  MakeStudies(folder.File("studies.db"));
  EXPECT_TRUE(StudyReader::Open(folder.File("studies.db")).value()->Study("mlp").ok());
}

TEST(Database, TheLogOfADeletedFileIsNotReplayedIntoTheNext) {
  TempFolder folder;
  const std::string file = folder.File("studies.db");
  std::string log;
  {
    OpenSqlite store(file);
    ASSERT_TRUE(store.Commit({study::PutStudy{study::SampleStudy(1, "old")}}).ok());
    log = Read(file + "-wal");
    ASSERT_FALSE(log.empty());
  }
  fs::remove(file);
  Write(file + "-wal", log);
  MakeStudies(file);
  EXPECT_EQ(SqliteShell(file, "SELECT study FROM study_summary; PRAGMA integrity_check"), "mlp\nok\n");
}

TEST(Database, NoSqliteFileIsRefused) {
  TempFolder folder;
  const std::string file = folder.File("notes.txt");
  Write(file, "not a database\n");
  ExpectRefused(folder, file, "not a hpsearch database");
  Write(file, std::string(5000, 'x'));
  ExpectRefused(folder, file, "not a hpsearch database");
  ExpectRefused(folder, folder.path(), "not a hpsearch database");
  EXPECT_FALSE(fs::exists(file + ".lock"));
}

TEST(Database, AnotherProgramsDatabaseIsRefused) {
  TempFolder folder;
  const std::string file = folder.File("other.db");
  SqliteShell(file, "CREATE TABLE trials (study, number); INSERT INTO trials VALUES (1, 2);", /*write=*/true);
  ExpectRefused(folder, file, "not a hpsearch database");
  SqliteShell(file, "PRAGMA journal_mode = WAL; PRAGMA application_id = 77; INSERT INTO trials VALUES (3, 4);",
              true);
  ExpectRefused(folder, file, "not a hpsearch database");
}

TEST(Database, ANewerVersionIsRefusedWithWhatToDo) {
  TempFolder folder;
  const std::string file = folder.File("newer.db");
  MakeStudies(file);
  SqliteShell(file, "PRAGMA user_version = 1000;", /*write=*/true);
  ExpectRefused(folder, file, "newer hpsearch");
}

TEST(Database, DamagedFilesAreRefused) {
  TempFolder folder;
  const std::string file = folder.File("damaged.db");
  MakeStudies(file);
  const std::string whole = Read(file);
  // Cut short.
  Write(file, whole.substr(0, whole.size() / 2));
  ExpectRefused(folder, file, "damaged");
  // The first page's tree overwritten, its header whole.
  std::string scrambled = whole;
  std::fill(scrambled.begin() + 100, scrambled.begin() + 4096, '\x5a');
  Write(file, scrambled);
  ExpectRefused(folder, file, "damaged");
}

TEST(Database, AMissingFileOrFolder) {
  TempFolder folder;
  EXPECT_EQ(StudyReader::Open(folder.File("none.db")).status().code(), absl::StatusCode::kNotFound);
  EXPECT_FALSE(fs::exists(folder.File("none.db")));
  OpenSqlite store(folder.File("no/such/folder/studies.db"));
  EXPECT_EQ(store.status.code(), absl::StatusCode::kUnavailable) << store.status;
  EXPECT_EQ(OpenSqlite("").status.code(), absl::StatusCode::kUnavailable);
}

TEST(Database, AFolderThatMayNotBeWrittenIsNamed) {
  TempFolder folder;
  const std::string file = folder.File("studies.db");
  MakeStudies(file);
  fs::permissions(folder.path(), fs::perms::owner_read | fs::perms::owner_exec | fs::perms::group_read |
                                     fs::perms::group_exec | fs::perms::others_read | fs::perms::others_exec);
  // In a child, since root may write anywhere.
  const pid_t child = fork();
  if (child == 0) {
    if (getuid() == 0 && setresuid(65534, 65534, 65534) != 0) _exit(10);
    const absl::Status status = StudyReader::Open(file).status();
    const bool named = std::string(status.message()).find(folder.path()) != std::string::npos;
    _exit(status.code() == absl::StatusCode::kPermissionDenied && named ? 0 : 20);
  }
  int code = 0;
  waitpid(child, &code, 0);
  fs::permissions(folder.path(), fs::perms::owner_all);
  EXPECT_EQ(code, 0);
}

TEST(Database, OneFileUnderTwoNamesIsOneFile) {
  TempFolder folder;
  MakeStudies(folder.File("studies.db"));
  fs::create_symlink(folder.File("studies.db"), folder.File("link.db"));
  OpenSqlite first(folder.File("studies.db"));
  OpenSqlite second(folder.File("link.db"));
  EXPECT_EQ(second.status.code(), absl::StatusCode::kAborted);
  EXPECT_THAT(std::string(second.status.message()), HasSubstr("(pid " + std::to_string(getpid()) + ")"));
}

}  // namespace
}  // namespace hpsearch::store
