// A disk that fails to sync, at each of the first syncs of a store's life: nothing was acknowledged that is not
// there, the process is gone at once, and the next one goes on. With HPSEARCH_FULL set at each of 200, else at
// some of them.
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <string>

#include "tests/server/store/child_process.h"
#include "tests/server/store/disk.h"
#include "tests/server/store/open_sqlite.h"
#include "tests/server/store/sqlite_shell.h"
#include "tests/server/store/temp_folder.h"

namespace hpsearch::store {
namespace {

using hpsearch::testing::ChildProcess;
using hpsearch::testing::CommitForEver;
using hpsearch::testing::OpenSqlite;
using hpsearch::testing::SqliteShell;
using hpsearch::testing::TempFolder;

constexpr int kSyncs = 200;
// So that the log is copied into the file every 60 syncs or so: those that this takes fail, too.
constexpr std::size_t kBallast = 32 << 10;

TEST(FailedSync, IsNeverAcknowledgedAndEndsTheProcess) {
  const int stride = std::getenv("HPSEARCH_FULL") != nullptr ? 1 : 9;
  int failed = 0;
  for (int succeed = 0; succeed < kSyncs; succeed += stride) {
    SCOPED_TRACE(succeed);
    TempFolder folder;
    const std::string file = folder.File("studies.db");
    ChildProcess child([&](FILE* out) {
      hpsearch::testing::disk::FailSyncs(succeed);
      CommitForEver(file, 1, kBallast, out);
    });
    long acknowledged = 0;
    for (long number; (number = child.Next()) > 0;) acknowledged = number;
    const int code = child.Await();
    if (!std::filesystem::exists(file)) {  // it is made whole or not at all
      EXPECT_EQ(acknowledged, 0);
      EXPECT_LT(succeed, 8);
      continue;
    }
    EXPECT_EQ(code, 1);
    ++failed;

    OpenSqlite again(file);
    ASSERT_TRUE(again.status.ok()) << again.status;
    ASSERT_TRUE(again.Commit({study::PutRequest{"again", ""}}).ok());
    again.Close();
    EXPECT_EQ(
        SqliteShell(file, "SELECT coalesce(max(trial), 0) >= " + std::to_string(acknowledged) +
                              ", count(*) = coalesce(max(trial), 0) FROM trial_results; SELECT count(*) FROM "
                              "(SELECT trial FROM epoch_curves GROUP BY trial HAVING count(*) <> 2); "
                              "PRAGMA integrity_check"),
        "1|1\n0\nok\n");
  }
  EXPECT_GE(failed, kSyncs / stride - 8);
}

}  // namespace
}  // namespace hpsearch::store
