// Databases that are damaged in every way, opened as a server, a reader and hpsearch doctor do. Each is taken or
// refused with what to do; what is refused is left as it was; nothing is acknowledged that is not there
// afterwards; nothing crashes or hangs.
//
// A few hundred here; by hand, ten thousand: HPSEARCH_DAMAGED=10000 build/tests/server_store_test
// --gtest_filter='Damaged*'.
#include <SQLiteCpp/Database.h>
#include <SQLiteCpp/Statement.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "server/store/doctor.h"
#include "server/store/study_reader.h"
#include "tests/server/store/damage.h"
#include "tests/server/store/open_sqlite.h"
#include "tests/server/store/sample_database.h"
#include "tests/server/store/temp_folder.h"

namespace hpsearch::store {
namespace {

namespace fs = std::filesystem;
using hpsearch::testing::Damage;
using hpsearch::testing::DatabaseFiles;
using hpsearch::testing::OpenSqlite;
using hpsearch::testing::ReadDatabase;
using hpsearch::testing::TempFolder;
using hpsearch::testing::WriteDatabase;
using ::testing::HasSubstr;

constexpr int kDamages = 300;
constexpr double kMostSeconds = 10;  // of all that is done with one of them

int Damages() {
  const char* asked = std::getenv("HPSEARCH_DAMAGED");
  return asked != nullptr ? std::atoi(asked) : kDamages;
}

// In memory where that is to be had: thousands of files, each synced.
std::string Folder() {
  const std::string memory = "/dev/shm";
  if (access(memory.c_str(), W_OK) == 0) setenv("TMPDIR", memory.c_str(), 1);
  return memory;
}

// What SQLite alone says of the file; "" where it finds nothing.
std::string Structure(const std::string& file) try {
  SQLite::Database database(file, SQLite::OPEN_READWRITE);  // so that constraints are looked at too
  database.exec("PRAGMA wal_autocheckpoint = 0");
  SQLite::Statement check(database, "PRAGMA quick_check(1)");
  const std::string found = check.executeStep() ? check.getColumn(0).getString() : "no answer";
  return found == "ok" ? "" : found;
} catch (const SQLite::Exception& error) {
  return error.what();
}

// Everything that a reader reads, whatever comes of it.
void ReadEverything(const std::string& file) {
  auto opened = StudyReader::Open(file);
  if (!opened.ok()) return;
  StudyReader& reader = **opened;
  const auto studies = reader.Studies();
  std::vector<std::string> names = {"ended", "running"};
  if (studies.ok()) {
    for (const StudyRow& row : *studies) names.push_back(row.study);
  }
  for (const std::string& name : names) {
    (void)reader.Study(name);
    (void)reader.BestTrial(name);
    for (const char* key : {"trial", "objective", "state", "rate", "validation_loss", "train_mae"}) {
      (void)reader.Trials({.study = name, .sort = key, .limit = 1000});
    }
    (void)reader.Trials({.study = name, .state = "RUNNING"});
    (void)reader.Trial(name, 3);
    (void)reader.Curve(name, 3);
    (void)reader.Curves(name, 1, 1000);
  }
  (void)reader.Workers();
  (void)reader.DataVersion();
}

class DamagedTest : public ::testing::Test {
 protected:
  DamagedTest() {
    OpenSqlite store(file_);
    testing::WriteSample(store, 20);
    for (std::int64_t number = 1; number <= 30; ++number) {
      (void)store.Commit({study::PutRequest{"again-" + std::to_string(number), std::string(100, 'x')}});
    }
    with_log_ = ReadDatabase(file_);
    store.Close();
    closed_ = ReadDatabase(file_);
  }

  // Names and contents, but for the lock and what SQLite makes of the log's index and an empty log.
  DatabaseFiles Contents() const {
    DatabaseFiles contents;
    for (const auto& entry : fs::directory_iterator(folder_.path())) {
      const std::string name = entry.path().filename().string();
      std::string bytes = testing::ReadFile(entry.path().string());
      if (name.ends_with(".lock") || name.ends_with("-shm") || (name.ends_with("-wal") && bytes.empty())) continue;
      contents[name] = std::move(bytes);
    }
    return contents;
  }

  // As a server does, which also commits. Whether the file was taken.
  bool Serve() {
    OpenSqlite store(file_);
    if (!store.status.ok()) {
      EXPECT_THAT(std::string(store.status.message()), HasSubstr(file_));
      EXPECT_TRUE(absl::IsFailedPrecondition(store.status) || absl::IsInternal(store.status) ||
                  absl::IsUnavailable(store.status))
          << store.status;
      ++refusals_[std::string(absl::StatusCodeToString(store.status.code()))];
      return false;
    }
    const auto open = store->LoadOpenStudies();
    (void)store->LoadWorkers();
    (void)store->LastStudyId();
    (void)store->FindStudy("ended");
    (void)store->FindRequest("request-1");
    (void)store->BestTrials(1, true, 100);
    const absl::Status request = store.Commit({study::PutRequest{"new", "kept"}});
    const absl::Status epochs = store.Commit({study::AppendEpochs{2, 5, 1, {study::SampleEpoch(5)}}});
    store.Close();
    if (request.ok() || epochs.ok()) {
      // Acknowledged, and so there.
      SQLite::Database database(file_, SQLite::OPEN_READONLY);
      if (request.ok()) {
        EXPECT_EQ(database.execAndGet("SELECT answer FROM requests WHERE request_id = 'new'").getString(), "kept");
      }
      if (epochs.ok()) {
        EXPECT_EQ(database
                      .execAndGet("SELECT validation_error FROM epochs WHERE study = 2 AND trial = 5 AND "
                                  "epoch = 5")
                      .getDouble(),
                  study::SampleEpoch(5).validation_error);
      }
    }
    return true;
  }

  const std::string memory_ = Folder();
  const TempFolder folder_, other_folder_;
  const std::string file_ = folder_.File("studies.db"), oracle_ = other_folder_.File("oracle.db");
  DatabaseFiles with_log_, closed_;
  std::map<std::string, int> refusals_;
};

TEST_F(DamagedTest, AreRefusedOrServedTruly) {
  ASSERT_GT(with_log_["-wal"].size(), 100'000U);
  ASSERT_GT(closed_[""].size(), 100'000U);
  ASSERT_EQ(closed_.count("-wal"), 0U);
  int taken = 0, structural = 0;
  for (int number = 0; number < Damages(); ++number) {
    Damage damage(static_cast<std::uint64_t>(number));
    const DatabaseFiles& whole = number % 2 == 0 ? closed_ : with_log_;
    DatabaseFiles files = whole;
    auto damaged = files.begin();
    std::advance(damaged, damage.Below(files.size()));
    std::string what = "damage " + std::to_string(number) + ", studies.db" + damaged->first + ": ";
    what += damage.Do(damaged->second);
    SCOPED_TRACE(what);
    const auto begun = std::chrono::steady_clock::now();

    WriteDatabase(oracle_, files);
    const std::string found = Structure(oracle_);
    WriteDatabase(file_, files);
    const DatabaseFiles before = Contents();
    ReadEverything(file_);
    const auto diagnosis = Examine(file_);
    EXPECT_TRUE(before == Contents()) << "a reader changed, made or removed a file";
    const bool served = Serve();
    if (!served) {
      EXPECT_TRUE(before == Contents()) << "a file that was refused was changed, or another made";
    }
    if (!found.empty()) {
      EXPECT_FALSE(served) << "SQLite finds: " << found;
      EXPECT_FALSE(diagnosis.ok() && diagnosis->findings.list().empty()) << "SQLite finds: " << found;
      ++structural;
    }
    if (files == whole) {
      EXPECT_TRUE(served) << "it is whole";
    }
    taken += served ? 1 : 0;
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begun;
    EXPECT_LT(took.count(), kMostSeconds);
    if (HasFailure()) break;
  }
  std::printf("%d damaged, %d taken, %d with what SQLite finds by itself;", Damages(), taken, structural);
  for (const auto& [code, count] : refusals_) std::printf(" %s %d", code.c_str(), count);
  std::printf("\n");
  // The damage is neither too little nor too much to tell anything.
  EXPECT_GT(taken, Damages() / 20);
  EXPECT_GT(structural, Damages() / 10);
}

TEST_F(DamagedTest, AnEmptiedFileIsNotBegunAnew) {
  // As a full disk, or a file system after a power failure, may leave it; the lock says that a server had it.
  testing::WriteFile(file_, "");
  OpenSqlite store(file_);
  EXPECT_TRUE(absl::IsFailedPrecondition(store.status)) << store.status;
  EXPECT_THAT(std::string(store.status.message()), HasSubstr("studies.db.lock"));
  EXPECT_EQ(fs::file_size(file_), 0U);
  // Or its log does.
  WriteDatabase(file_, {{"", ""}, {"-wal", with_log_["-wal"]}});
  OpenSqlite again(file_);
  EXPECT_TRUE(absl::IsFailedPrecondition(again.status)) << again.status;
  EXPECT_EQ(testing::ReadFile(file_ + "-wal"), with_log_["-wal"]);
}

TEST_F(DamagedTest, ALogWhoseHeadIsDamagedIsNotPassedOver) {
  for (const std::size_t at : {0U, 5U, 9U, 12U, 17U, 24U, 31U}) {
    DatabaseFiles files = with_log_;
    files["-wal"][at] = static_cast<char>(files["-wal"][at] ^ 0x10);
    WriteDatabase(file_, files);
    OpenSqlite store(file_);
    EXPECT_TRUE(absl::IsFailedPrecondition(store.status)) << at << ": " << store.status;
    EXPECT_THAT(std::string(store.status.message()), HasSubstr("studies.db-wal"));
    EXPECT_TRUE(testing::ReadFile(file_ + "-wal") == files["-wal"]);
    const auto diagnosis = Examine(file_);
    EXPECT_FALSE(diagnosis.ok() && diagnosis->findings.list().empty());
  }
}

// No byte of the schema means another thing without being noticed: a view that shows one column for another.
TEST_F(DamagedTest, ASchemaThatSaysOtherThingsIsRefused) {
  {
    SQLite::Database database(file_, SQLite::OPEN_READWRITE);
    database.exec("PRAGMA writable_schema = ON");
    database.exec(
        "UPDATE sqlite_schema SET sql = replace(sql, 'e.train_loss, e.train_error', "
        "'e.train_error, e.train_loss') WHERE name = 'epoch_curves'");
  }
  EXPECT_EQ(Structure(file_), "");
  OpenSqlite store(file_);
  EXPECT_THAT(std::string(store.status.message()), HasSubstr("'epoch_curves'"));
  EXPECT_THAT(std::string(StudyReader::Open(file_).status().message()), HasSubstr("'epoch_curves'"));
}

TEST_F(DamagedTest, AUsersOwnViewIsNoDamage) {
  SQLite::Database(file_, SQLite::OPEN_READWRITE).exec("CREATE VIEW mine AS SELECT study FROM study_summary");
  EXPECT_TRUE(OpenSqlite(file_).status.ok());
  EXPECT_TRUE(StudyReader::Open(file_).ok());
}

}  // namespace
}  // namespace hpsearch::store
