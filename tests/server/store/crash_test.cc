// Two processes and one file: a second owner is refused, and kill -9 loses nothing that was acknowledged.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <filesystem>

#include "server/store/study_reader.h"
#include "tests/server/store/open_sqlite.h"
#include "tests/server/store/sqlite_shell.h"
#include "tests/server/store/temp_folder.h"
#include "tests/server/study/record_samples.h"

namespace hpsearch::store {
namespace {

using hpsearch::testing::OpenSqlite;
using hpsearch::testing::SqliteShell;
using hpsearch::testing::TempFolder;

// A child that runs `body` with the writing end of a pipe, and is killed when this goes out of scope.
class Child {
 public:
  template <class Body>
  explicit Child(Body body) {
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0) std::abort();
    pid_ = fork();
    if (pid_ == 0) {
      body(fdopen(ends[1], "w"));
      _exit(0);
    }
    close(ends[1]);
    out_ = fdopen(ends[0], "r");
  }
  ~Child() {
    Kill();
    fclose(out_);
  }
  // The next number that the child has written; -1: it is gone, and all it wrote was read.
  long Next() {
    long number = -1;
    return fscanf(out_, "%ld", &number) == 1 ? number : -1;
  }
  void Kill() {
    if (pid_ <= 0) return;
    kill(pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
    pid_ = 0;
  }
  pid_t pid() const { return pid_; }

 private:
  pid_t pid_ = 0;
  FILE* out_ = nullptr;
};

TEST(Crash, ASecondProcessIsRefusedWithTheHoldersPid) {
  TempFolder folder;
  const std::string file = folder.File("studies.db");
  Child holder([&](FILE* out) {
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

// Commits trial after trial, each with epochs, and tells of each that was acknowledged.
void CommitForEver(const std::string& file, long first, FILE* out) {
  OpenSqlite store(file);
  if (first == 1) {
    if (!store.Commit({study::PutStudy{study::SampleStudy(1, "mlp")}, study::PutRound{study::SampleRound(1)}})
             .ok())
      _exit(3);
  }
  for (long number = first;; ++number) {
    store->Commit({study::PutTrial{study::SampleTrial(1, number)},
                   study::AppendEpochs{1, number, 1, {study::SampleEpoch(1), study::SampleEpoch(2)}}},
                  [out, number](const absl::Status& status) {
                    if (!status.ok()) _exit(4);
                    fprintf(out, "%ld\n", number);
                    fflush(out);
                  });
    while (store.strand.RunOne()) {
    }
  }
}

TEST(Crash, EveryAcknowledgedChangeIsThereAfterKill9) {
  TempFolder folder;
  const std::string file = folder.File("studies.db");
  long acknowledged = 0;
  for (int kills = 1; kills <= 3; ++kills) {
    Child child([&](FILE* out) { CommitForEver(file, acknowledged + 1'000'000L * (kills > 1) + 1, out); });
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
  Child child([&](FILE* out) {
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
