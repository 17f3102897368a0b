// Rows and files that no coordinator would have left: they are errors of reading or a doctor's findings, never a
// crash.
#include <SQLiteCpp/Database.h>
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/file.h>

#include <fstream>
#include <string>

#include "server/store/doctor.h"
#include "server/store/file_lock.h"
#include "server/store/structure.h"
#include "server/store/study_reader.h"
#include "tests/server/store/open_sqlite.h"
#include "tests/server/store/sample_database.h"
#include "tests/server/store/temp_folder.h"

namespace hpsearch::store {
namespace {

using hpsearch::testing::OpenSqlite;
using hpsearch::testing::TempFolder;
using ::testing::HasSubstr;

class OddRowsTest : public ::testing::Test {
 protected:
  OddRowsTest() {
    OpenSqlite store(file_);
    testing::WriteSample(store, 6);
  }
  void Change(const std::string& sql) const {
    SQLite::Database database(file_, SQLite::OPEN_READWRITE);
    database.exec("PRAGMA ignore_check_constraints = ON; PRAGMA foreign_keys = OFF");
    database.exec(sql);
  }
  std::string Findings() const {
    const absl::StatusOr<Diagnosis> diagnosis = Examine(file_);
    if (!diagnosis.ok()) return diagnosis.status().ToString();
    std::string text;
    for (const Finding& finding : diagnosis->findings.list()) text += finding.study + ": " + finding.what + "\n";
    return text;
  }

  const TempFolder folder_{TempFolder::InMemory()};
  const std::string file_ = folder_.File("studies.db");
};

TEST_F(OddRowsTest, OfAnUnknownStateAreNoStudies) {
  OpenSqlite store(file_);
  ASSERT_TRUE(store.status.ok());
  for (const char* centres : {"7", R"(["a"])", "[1.5]"}) {
    Change(std::string("UPDATE rounds SET centres = '") + centres + "' WHERE study = 2");
    EXPECT_TRUE(absl::IsInternal(store->LoadOpenStudies().status())) << centres;
  }
  Change("UPDATE rounds SET centres = '[]' WHERE study = 2; UPDATE trials SET state = 'DREAMING' WHERE study = 2");
  EXPECT_TRUE(absl::IsInternal(store->FindTrial(2, 1).status()));
  Change("UPDATE studies SET state = 'DREAMING' WHERE id = 2");
  EXPECT_TRUE(absl::IsInternal(store->FindStudy("running").status()));
}

TEST_F(OddRowsTest, WhatIsNotThereIsNotFound) {
  OpenSqlite store(file_);
  ASSERT_TRUE(store.status.ok());
  EXPECT_TRUE(absl::IsNotFound(store->LoadStudy(9, {}).status()));
  EXPECT_TRUE(absl::IsNotFound(store->LoadStudy(1, {1, 99}).status()));
}

// A trial that its index does not lead to would never be gone on with.
TEST_F(OddRowsTest, CountsThatDoNotAgreeAreDamage) {
  Change("UPDATE trial_counts SET trials = trials + 1 WHERE study = 2 AND state = 'RUNNING'");
  OpenSqlite store(file_);
  ASSERT_TRUE(store.status.ok());
  EXPECT_TRUE(absl::IsInternal(store->LoadOpenStudies().status()));
}

TEST_F(OddRowsTest, ADoctorReadsTheObjectiveAsTheStudyHasIt) {
  Change(R"(UPDATE studies SET direction = 'maximize', spec = '{"objective":{"at":"last"}}' WHERE id = 2;)"
         "UPDATE trials SET objective = 0.9 WHERE study = 2 AND number = 3");
  EXPECT_THAT(Findings(), HasSubstr("running: its best is trial 1, by its rows trial 3"));
  Change("UPDATE studies SET extended_from = 'COMPLETED' WHERE id = 2");
  EXPECT_THAT(Findings(), ::testing::Not(HasSubstr("running: its best is")));
  Change(R"(UPDATE studies SET extended_from = NULL, spec = '{"objective":"none","training":7}' WHERE id = 2)");
  EXPECT_THAT(Findings(), HasSubstr("running: "));
  Change("UPDATE trials SET round = 2 WHERE study = 1 AND number = 1");
  EXPECT_THAT(Findings(), HasSubstr("ended: is none of round 2"));
}

TEST_F(OddRowsTest, AnEarlyStoppedTrialMayBeTheBest) {
  Change("UPDATE trials SET state = 'EARLY_STOPPED' WHERE study = 1 AND number = 1");
  EXPECT_EQ(Findings(), "");
}

TEST_F(OddRowsTest, ALargeFileIsLookedThroughWhereAServerBegins) {
  SQLite::Database database(file_, SQLite::OPEN_READWRITE);
  EXPECT_NO_THROW(CheckStructure(database, 0));
  EXPECT_NO_THROW(CheckStructure(database));
}

TEST_F(OddRowsTest, ALogThatWasNeverSyncedHoldsNothing) {
  std::ofstream(file_ + "-wal", std::ios::binary) << std::string(4096, '\0');
  EXPECT_EQ(DamageOfLog(file_), "");
  std::ofstream(file_ + "-wal", std::ios::binary) << std::string(4096, 'x');
  EXPECT_NE(DamageOfLog(file_), "");
}

TEST_F(OddRowsTest, EachMetricOfAnEpochHasItsName) {
  const EpochRow row = StudyReader::Open(file_).value()->Curve("ended", 1).value().at(0);
  EXPECT_EQ(ValueOf(row, "train_error"), row.train_error);
  EXPECT_EQ(ValueOf(row, "validation_loss"), row.validation_loss);
  EXPECT_EQ(ValueOf(row, "validation_error"), row.validation_error);
  EXPECT_NE(row.train_error, row.validation_error);
  for (const char* sort : {"{", "a{", "a~", "a9", "x_1"}) {
    EXPECT_TRUE(absl::IsInvalidArgument(
        StudyReader::Open(file_).value()->Trials({.study = "ended", .sort = sort}).status()))
        << sort;
  }
}

// Its holder has not written its number yet, or something else stands there.
TEST_F(OddRowsTest, ALockSaysWhoHasItWhereThatIsKnown) {
  for (const auto& [text, says] :
       {std::pair("", "another process has it;"), std::pair("no number", "has it;"), std::pair("12:", "(pid 12)"),
        std::pair("12345678901234567890123", "(pid 1234567890")}) {
    std::ofstream(file_ + ".lock") << text;
    const int held = open((file_ + ".lock").c_str(), O_RDWR | O_CLOEXEC);
    ASSERT_EQ(flock(held, LOCK_EX), 0);
    const absl::Status status = FileLock::Acquire(file_).status();
    EXPECT_TRUE(absl::IsAborted(status)) << status;
    EXPECT_THAT(std::string(status.message()), HasSubstr(says));
    close(held);
  }
}

}  // namespace
}  // namespace hpsearch::store
