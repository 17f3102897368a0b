// Two processes and one file: a second owner is refused, and kill -9 loses nothing that was acknowledged.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdio>
#include <filesystem>

#include "server/store/study_reader.h"
#include "tests/server/store/child_process.h"
#include "tests/server/store/open_sqlite.h"
#include "tests/server/store/sqlite_shell.h"
#include "tests/server/store/temp_folder.h"
#include "tests/server/study/record_samples.h"

namespace hpsearch::store {
namespace {

using hpsearch::testing::ChildProcess;
using hpsearch::testing::CommitForEver;
using hpsearch::testing::OpenSqlite;
using hpsearch::testing::SqliteShell;
using hpsearch::testing::TempFolder;

TEST(Crash, ASecondProcessIsRefusedWithTheHoldersPid) {
  TempFolder folder;
  const std::string file = folder.File("studies.db");
  ChildProcess holder([&](FILE* out) {
    OpenSqlite store(file);
    fprintf(out, "%d\n", store.status.ok() ? 1 : 0);
    fflush(out);
    pause();
  });
  ASSERT_EQ(holder.Next(), 1);
  const std::string pid = std::to_string(holder.pid());
  OpenSqlite second(file);
  EXPECT_EQ(second.status.code(), absl::StatusCode::kAborted);
  EXPECT_THAT(std::string(second.status.message()), ::testing::HasSubstr("(pid " + pid + ")"));
  EXPECT_TRUE(StudyReader::Open(file).ok()) << "readers need no lock";
  holder.Kill();
  EXPECT_TRUE(OpenSqlite(file).status.ok()) << "the lock ends with its process";
  EXPECT_TRUE(std::filesystem::exists(file + ".lock"));
}

TEST(Crash, EveryAcknowledgedChangeIsThereAfterKill9) {
  TempFolder folder;
  const std::string file = folder.File("studies.db");
  long acknowledged = 0;
  for (int kills = 1; kills <= 3; ++kills) {
    ChildProcess child(
        [&](FILE* out) { CommitForEver(file, acknowledged + 1'000'000L * (kills > 1) + 1, 0, out); });
    // Enough to be somewhere in the middle, a different middle each time.
    long last = 0;
    for (int i = 0; i < 100 * kills; ++i) {
      last = child.Next();
      ASSERT_GT(last, 0);
    }
    child.Kill();
    for (long number; (number = child.Next()) > 0;) last = number;
    const long first = acknowledged + 1'000'000L * (kills > 1) + 1;
    acknowledged = last;

    // Without a server, over the log that is left, first as it is and then without its index.
    for (const bool with_index : {true, false}) {
      if (!with_index) std::filesystem::remove(file + "-shm");
      auto reader = StudyReader::Open(file);
      ASSERT_TRUE(reader.ok()) << reader.status();
      const auto trial = (*reader)->Trial("mlp", last);
      ASSERT_TRUE(trial.ok()) << trial.status();
      EXPECT_EQ((*reader)->Curve("mlp", last).value().size(), 2u);
    }
    const std::string count = SqliteShell(
        file, "SELECT count(*) >= " + std::to_string(last - first + 1) +
                  " FROM trial_results WHERE trial BETWEEN " + std::to_string(first) + " AND " +
                  std::to_string(last) +
                  "; SELECT count(*) FROM (SELECT trial FROM epoch_curves GROUP BY trial HAVING count(*) <> 2); "
                  "PRAGMA integrity_check;");
    EXPECT_EQ(count, "1\n0\nok\n") << "after kill " << kills;
  }
  OpenSqlite store(file);
  ASSERT_TRUE(store.status.ok()) << store.status;
  EXPECT_TRUE(store->FindTrial(1, acknowledged).ok());
  EXPECT_TRUE(store.Commit({study::PutRequest{"r1", ""}}).ok());
}

TEST(Crash, AnUnfinishedBatchLeavesNothing) {
  TempFolder folder;
  const std::string file = folder.File("studies.db");
  ChildProcess child([&](FILE* out) {
    OpenSqlite store(file);
    (void)store.Commit({study::PutRequest{"r1", ""}});
    study::Batch large;
    for (int i = 0; i < 50'000; ++i) large.push_back(study::PutRequest{"large" + std::to_string(i), ""});
    store->Commit(std::move(large), [](const absl::Status&) { _exit(5); });
    fprintf(out, "1\n");
    fflush(out);
    pause();
  });
  ASSERT_EQ(child.Next(), 1);
  child.Kill();
  EXPECT_EQ(SqliteShell(file, "SELECT count(*) IN (1, 50001) FROM requests; PRAGMA integrity_check"), "1\nok\n");
}

}  // namespace
}  // namespace hpsearch::store
