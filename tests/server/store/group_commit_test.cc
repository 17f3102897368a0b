// Many batches a sync, and what becomes of them when the disk fails.
#include "server/store/group_commit.h"

#include <SQLiteCpp/Database.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <stop_token>
#include <thread>

#include "server/store/study_reader.h"
#include "tests/server/store/disk.h"
#include "tests/server/store/open_sqlite.h"
#include "tests/server/store/sqlite_shell.h"
#include "tests/server/store/temp_folder.h"
#include "tests/server/study/record_samples.h"

namespace hpsearch::store {
namespace {

namespace disk = hpsearch::testing::disk;
using hpsearch::testing::OpenSqlite;
using hpsearch::testing::SqliteShell;
using hpsearch::testing::TempFolder;

study::Batch Request(int number) { return {study::PutRequest{"r" + std::to_string(number), "answer"}}; }

class GroupCommitTest : public ::testing::Test {
 protected:
  // The log's own beginning is synced with its first batch.
  GroupCommitTest() : store_(folder_.File("studies.db")) {
    EXPECT_TRUE(store_.Commit({study::PutWorker{{.name = "w"}}}).ok());
  }

  // Hands over `batches` requests while the sync of one before them is under way.
  void HandOverDuringASync(int batches) {
    disk::HoldSyncs();
    store_->Commit(Request(0), [this](const absl::Status& status) { answers_.push_back(status); });
    disk::AwaitHeldSync();
    for (int i = 1; i <= batches; ++i) {
      store_->Commit(Request(i), [this](const absl::Status& status) { answers_.push_back(status); });
    }
  }
  void AwaitAnswers(std::size_t count) {
    ASSERT_TRUE(store_.strand.RunUntil([&] { return answers_.size() == count; }));
  }

  TempFolder folder_;
  OpenSqlite store_;
  std::vector<absl::Status> answers_;
};

TEST_F(GroupCommitTest, WhatWaitsSharesOneSync) {
  HandOverDuringASync(500);
  store_.strand.RunAll();
  EXPECT_TRUE(answers_.empty()) << "an acknowledgement before its sync";
  const int before = disk::Syncs();
  disk::ReleaseSyncs();
  AwaitAnswers(501);
  EXPECT_EQ(disk::Syncs() - before, 1);
  for (const absl::Status& status : answers_) EXPECT_TRUE(status.ok()) << status;
  EXPECT_TRUE(store_->FindRequest("r500").ok());
}

TEST_F(GroupCommitTest, AGroupIsBounded) {
  HandOverDuringASync(10'000);
  const int before = disk::Syncs();
  disk::ReleaseSyncs();
  AwaitAnswers(10'001);
  EXPECT_GE(disk::Syncs() - before, 3);
  EXPECT_LE(disk::Syncs() - before, 8);
}

// A curve is copied in one change, which may be of a million rows.
TEST_F(GroupCommitTest, AGroupIsBoundedByTheEpochsThatItCopies) {
  constexpr int kBatches = 10;
  disk::HoldSyncs();
  store_->Commit(Request(0), [this](const absl::Status& status) { answers_.push_back(status); });
  disk::AwaitHeldSync();
  for (int i = 1; i <= kBatches; ++i) {
    study::Batch batch = Request(i);
    batch.emplace_back(study::CopyEpochs{.study = 1, .from = 1, .to = 1 + i, .epochs = 10'000});
    store_->Commit(std::move(batch), [this](const absl::Status& status) { answers_.push_back(status); });
  }
  const int before = disk::Syncs();
  disk::ReleaseSyncs();
  AwaitAnswers(kBatches + 1);
  EXPECT_EQ(disk::Syncs() - before, kBatches);
}

TEST_F(GroupCommitTest, WhatWasHandedOverIsCommittedAtTheEnd) {
  HandOverDuringASync(100);
  disk::ReleaseSyncs();
  store_.Close();
  store_.strand.RunAll();
  EXPECT_EQ(answers_.size(), 101u);
  EXPECT_EQ(SqliteShell(folder_.File("studies.db"), "SELECT count(*) FROM requests"), "101\n");
}

TEST_F(GroupCommitTest, AFailureInAGroupKeepsWhatStandsBeforeIt) {
  disk::HoldSyncs();
  std::vector<std::string> answered;
  const auto hand_over = [&](const std::string& id) {
    store_->Commit({study::PutRequest{id, ""}, study::PutWorker{{.name = id}}},
                   [&answered, id](const absl::Status& status) {
                     answered.push_back(id + " " + absl::StatusCodeToString(status.code()));
                   });
  };
  hand_over("a");
  disk::AwaitHeldSync();
  for (const char* id : {"b", "c", "a", "d", "e"}) hand_over(id);
  disk::ReleaseSyncs();
  ASSERT_TRUE(store_.strand.RunUntil([&] { return answered.size() == 6; }));
  EXPECT_THAT(answered, ::testing::ElementsAre("a OK", "b OK", "c OK", "a ALREADY_EXISTS", "d UNAVAILABLE",
                                               "e UNAVAILABLE"));
  EXPECT_EQ(SqliteShell(folder_.File("studies.db"), "SELECT request_id FROM requests ORDER BY 1"), "a\nb\nc\n");
  hand_over("f");
  ASSERT_TRUE(store_.strand.RunUntil([&] { return answered.size() == 7; }));
  EXPECT_EQ(answered.back(), "f OK");
}

// The strand learns of a failure late; what it decided meanwhile stands on what was lost.
TEST_F(GroupCommitTest, WhatIsHandedOverBeforeTheFailureIsToldFailsToo) {
  std::vector<std::string> answered;
  const auto hand_over = [&](const std::string& id) {
    store_->Commit({study::PutRequest{id, ""}}, [&answered, id](const absl::Status& status) {
      answered.push_back(id + " " + absl::StatusCodeToString(status.code()));
    });
  };
  ASSERT_TRUE(store_.Commit({study::PutRequest{"a", ""}}).ok());
  hand_over("a");
  // The failure's answer is posted, not run; the batches behind it come to the writer after it.
  for (int i = 0; i < 100; ++i) hand_over("late" + std::to_string(i));
  ASSERT_TRUE(store_.strand.RunUntil([&] { return answered.size() == 101; }));
  EXPECT_EQ(answered[0], "a ALREADY_EXISTS");
  for (int i = 0; i < 100; ++i) EXPECT_EQ(answered[i + 1], "late" + std::to_string(i) + " UNAVAILABLE");
  EXPECT_EQ(SqliteShell(folder_.File("studies.db"), "SELECT count(*) FROM requests"), "1\n");
}

TEST_F(GroupCommitTest, AFullDiskIsUnavailableUntilThereIsRoom) {
  ASSERT_TRUE(store_.Commit(Request(1)).ok());
  disk::SetFull(true);
  const absl::Status full = store_.Commit(Request(2));
  disk::SetFull(false);
  EXPECT_EQ(full.code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(std::string(full.message()), ::testing::HasSubstr("disk is full"));
  ASSERT_TRUE(store_.Commit(Request(3)).ok());
  EXPECT_EQ(store_->FindRequest("r2").status().code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(SqliteShell(folder_.File("studies.db"),
                        "SELECT request_id FROM requests ORDER BY 1; PRAGMA "
                        "integrity_check"),
            "r1\nr3\nok\n");
}

TEST_F(GroupCommitTest, ALogThatHasGrownIsCopiedIntoTheFile) {
  const std::string file = folder_.File("studies.db");
  const auto small = std::filesystem::file_size(file);
  // 24 MiB of answers, in batches that each have a sync of their own.
  for (int i = 0; i < 24; ++i) {
    ASSERT_TRUE(store_.Commit({study::PutRequest{"r" + std::to_string(i), std::string(1 << 20, 'x')}}).ok());
  }
  ASSERT_TRUE(store_.Commit(Request(100)).ok());  // the writer is past the checkpoint when it answers this
  EXPECT_GT(std::filesystem::file_size(file), small + (10 << 20));
}

// SQLite begins its log anew where nobody reads from it, which with many readers is never by itself.
TEST_F(GroupCommitTest, ReadersThatNeverLeaveTheLogAloneDoNotMakeItGrow) {
  const std::string file = folder_.File("studies.db");
  std::vector<std::jthread> readers;
  for (int i = 0; i < 3; ++i) {
    readers.emplace_back([&file](const std::stop_token& stop) {
      SQLite::Database database(file, SQLite::OPEN_READONLY | SQLite::OPEN_NOMUTEX);
      database.setBusyTimeout(5000);
      while (!stop.stop_requested())
        database.execAndGet("SELECT sum(length(answer)) FROM requests WHERE request_id = 'r0'");
    });
  }
  std::uintmax_t largest = 0;
  for (int i = 0; i < 100; ++i) {
    ASSERT_TRUE(store_.Commit({study::PutRequest{"r" + std::to_string(i), std::string(1 << 20, 'x')}}).ok());
    largest = std::max(largest, std::filesystem::file_size(file + "-wal"));
  }
  EXPECT_LT(largest, 64U << 20);
}

using GroupCommitDeathTest = GroupCommitTest;

TEST_F(GroupCommitDeathTest, AFailedSyncEndsTheProcess) {
  GTEST_FLAG_SET(death_test_style, "fast");
  store_.Close();
  const auto commit_without_sync = [this] {
    OpenSqlite store(folder_.File("studies.db"));
    disk::FailSyncs();
    (void)store.Commit(Request(1));
  };
  EXPECT_EXIT(commit_without_sync(), ::testing::ExitedWithCode(1), "");
}

}  // namespace
}  // namespace hpsearch::store
