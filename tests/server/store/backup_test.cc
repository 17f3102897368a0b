#include "server/store/backup.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "tests/server/store/open_sqlite.h"
#include "tests/server/store/sqlite_shell.h"
#include "tests/server/store/temp_folder.h"
#include "tests/server/study/record_samples.h"

namespace hpsearch::store {
namespace {

using hpsearch::testing::OpenSqlite;
using hpsearch::testing::SqliteShell;
using hpsearch::testing::TempFolder;

class BackupTest : public ::testing::Test {
 protected:
  std::int64_t Files() const {
    return std::distance(std::filesystem::directory_iterator(folder_.path()),
                         std::filesystem::directory_iterator());
  }
  const TempFolder folder_;
  const std::string file_ = folder_.File("studies.db"), copy_ = folder_.File("copy.db");
};

TEST_F(BackupTest, IsTheMomentsStateWhileAnotherHasTheFile) {
  OpenSqlite store(file_);
  ASSERT_TRUE(
      store.Commit({study::PutStudy{study::SampleStudy(1, "first")}}).ok());  // in the log, not in the file
  ASSERT_TRUE(Backup(file_, copy_).ok());
  ASSERT_TRUE(store.Commit({study::PutStudy{study::SampleStudy(2, "second")}}).ok());
  EXPECT_EQ(SqliteShell(copy_, "SELECT study FROM study_summary; PRAGMA integrity_check"), "first\nok\n");
  EXPECT_EQ(SqliteShell(file_, "SELECT study FROM study_summary ORDER BY 1"), "first\nsecond\n");
  // A server opens it as any other.
  OpenSqlite other(copy_);
  ASSERT_TRUE(other.Commit({study::PutStudy{study::SampleStudy(2, "third")}}).ok());
  EXPECT_EQ(SqliteShell(copy_, "SELECT count(*) FROM study_summary"), "2\n");
}

TEST_F(BackupTest, LeavesAloneWhatIsThere) {
  { const OpenSqlite store(file_); }
  std::ofstream(copy_) << "mine";
  const absl::Status status = Backup(file_, copy_);
  EXPECT_TRUE(absl::IsAlreadyExists(status)) << status;
  std::string text;
  std::ifstream(copy_) >> text;
  EXPECT_EQ(text, "mine");
}

TEST_F(BackupTest, OfNoDatabaseLeavesNothing) {
  EXPECT_TRUE(absl::IsNotFound(Backup(file_, copy_)));
  std::ofstream(file_) << "no database at all, whatever it is called";
  EXPECT_TRUE(absl::IsFailedPrecondition(Backup(file_, copy_)));
  EXPECT_EQ(Files(), 1);
  std::filesystem::remove(file_);
  { const OpenSqlite store(file_); }
  EXPECT_TRUE(absl::IsUnavailable(Backup(file_, folder_.File("nowhere/copy.db"))));
}

TEST_F(BackupTest, LeavesNothingBesideTheCopy) {
  { const OpenSqlite store(file_); }
  ASSERT_TRUE(Backup(file_, copy_).ok());
  for (const auto& entry : std::filesystem::directory_iterator(folder_.path())) {
    const std::string name = entry.path().filename().string();
    EXPECT_TRUE(name == "copy.db" || name.starts_with("studies.db")) << name;
  }
}

}  // namespace
}  // namespace hpsearch::store
