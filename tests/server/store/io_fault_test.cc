// Each system call of a store's life fails, one after the other: nothing crashes, every call says so or succeeds,
// what was acknowledged is there, and the next opening goes on. With HPSEARCH_FULL set each call, else some of
// them.
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "server/store/backup.h"
#include "server/store/doctor.h"
#include "server/store/durable_rows.h"
#include "server/store/finished_study.h"
#include "server/store/migrations.h"
#include "server/store/schema.h"
#include "server/store/study_reader.h"
#include "tests/server/store/damage.h"
#include "tests/server/store/failing_calls.h"
#include "tests/server/store/open_sqlite.h"
#include "tests/server/store/sample_database.h"
#include "tests/server/store/temp_folder.h"

namespace hpsearch::store {
namespace {

namespace fs = std::filesystem;
using hpsearch::testing::DatabaseFiles;
using hpsearch::testing::FailingCalls;
using hpsearch::testing::OpenSqlite;
using hpsearch::testing::TempFolder;

constexpr int kMostCalls = 20'000;  // of a scenario; it has come to its end long before

bool IsSaid(const absl::Status& status) {
  return absl::IsUnavailable(status) || absl::IsInternal(status) || absl::IsPermissionDenied(status) ||
         absl::IsFailedPrecondition(status);
}

class IoFaultTest : public ::testing::Test {
 protected:
  void SetUp() override {
    OpenSqlite store(file_);
    testing::WriteSample(store, 6);
    store.Close();
    sample_ = testing::ReadDatabase(file_);
  }

  // `scenario` with a call of its own failing, over the same files each time; then `after` without faults.
  void Sweep(const DatabaseFiles& files, const std::function<void()>& scenario,
             const std::function<void()>& after) {
    const int stride = std::getenv("HPSEARCH_FULL") != nullptr ? 1 : stride_;
    for (const auto lasting : {FailingCalls::Lasting::kOnce, FailingCalls::Lasting::kForEver}) {
      int call = 0;
      for (bool failed = true; failed; call += call < first_ ? 1 : stride) {
        SCOPED_TRACE(call);
        ASSERT_LT(call, kMostCalls);
        testing::WriteDatabase(file_, files);
        acknowledged_.clear();
        {
          const FailingCalls fails(call, lasting);
          scenario();
          failed = FailingCalls::Failed() > 0;
        }
        after();
        if (HasFailure()) return;
      }
      EXPECT_GT(call, 3) << "nothing of it reached the disk";
    }
  }
  // A request's id; it is acknowledged, or refused with a word.
  bool Commit(OpenSqlite& store, const std::string& id, study::Batch batch = {}) {
    batch.emplace_back(study::PutRequest{id, "answer"});
    const absl::Status status = store.Commit(std::move(batch));
    if (status.ok()) acknowledged_.push_back(id);
    EXPECT_TRUE(status.ok() || IsSaid(status)) << status;
    return status.ok();
  }
  void ExpectWholeAndWritable() {
    OpenSqlite store(file_);
    ASSERT_TRUE(store.status.ok()) << store.status;
    for (const std::string& id : acknowledged_) EXPECT_TRUE(store->FindRequest(id).ok()) << id << " is lost";
    EXPECT_TRUE(store.Commit({study::PutRequest{"after", ""}}).ok());
    EXPECT_TRUE(store->LoadOpenStudies().ok());
    store.Close();
    const absl::StatusOr<Diagnosis> diagnosis = Examine(file_);
    ASSERT_TRUE(diagnosis.ok()) << diagnosis.status();
    for (const Finding& finding : diagnosis->findings.list())
      ADD_FAILURE() << finding.study << ": " << finding.what;
  }

  const TempFolder folder_{TempFolder::InMemory()};
  const std::string file_ = folder_.File("studies.db");
  DatabaseFiles sample_;
  std::vector<std::string> acknowledged_;
  int first_ = 40, stride_ = 7;  // each of the first calls, then one of so many
};

TEST_F(IoFaultTest, Creating) {
  stride_ = 23;
  Sweep(
      {},
      [this] {
        OpenSqlite store(file_);
        EXPECT_TRUE(store.status.ok() || IsSaid(store.status)) << store.status;
        if (store.status.ok()) Commit(store, "first");
      },
      [this] { ExpectWholeAndWritable(); });
}

TEST_F(IoFaultTest, BringingAnOldFileUpToDate) {
  fs::remove(file_);
  {
    SQLite::Database old(file_, SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE);
    Migrate(old, 0, 1);
    old.exec("PRAGMA application_id = " + std::to_string(kApplicationId));
    old.exec("PRAGMA journal_mode = WAL");
  }
  stride_ = 23;
  Sweep(
      testing::ReadDatabase(file_),
      [this] {
        OpenSqlite store(file_);
        EXPECT_TRUE(store.status.ok() || IsSaid(store.status)) << store.status;
        if (store.status.ok()) Commit(store, "first");
      },
      [this] { ExpectWholeAndWritable(); });
}

TEST_F(IoFaultTest, WritingEveryKindOfChangeAndClosing) {
  std::unique_ptr<OpenSqlite> store;
  const auto write = [&] {
    using study::TrialState;
    study::StudyRecord third = study::SampleStudy(3, "third");
    study::RoundRecord round = study::SampleRound(3);
    // A decision stands on those before it: nothing follows one that was not stored.
    if (!Commit(*store, "study", {study::PutStudy{third}, study::PutRound{round}})) return;
    study::Batch curve;
    testing::AddTrial(curve, testing::SampleTrialOf(2, 8, TrialState::kRunning, 3), false);
    study::StudyRecord running = study::SampleStudy(2, "running");
    running.next_trial = 9;
    running.best_trial = 1;
    running.started_at = running.created_at;
    curve.insert(curve.begin(), study::PutStudy{running});
    if (!Commit(*store, "curve", std::move(curve))) return;
    study::TrialRecord known = testing::SampleTrialOf(2, 9, TrialState::kCompleted, testing::kSampleEpochs);
    known.reused_from = 2;
    running.next_trial = 10;
    if (!Commit(*store, "copy",
                {study::PutStudy{running}, study::PutTrial{known}, study::CopyEpochs{2, 2, 9, 10}}))
      return;
    Commit(*store, "worker", {study::PutWorker{{.name = "w2", .instance = "b"}}, study::ForgetWorker{"w1"}});
    store->Close();
  };
  Sweep(
      sample_,
      [&] {
        store = std::make_unique<OpenSqlite>(file_);
        if (store->status.ok()) write();
        store.reset();
      },
      [this] { ExpectWholeAndWritable(); });
}

// An error passes with the disk's: the same store goes on, without being opened anew.
TEST_F(IoFaultTest, TheSameStoreGoesOn) {
  std::unique_ptr<OpenSqlite> store;
  first_ = 60;
  Sweep(
      sample_,
      [&] {
        store = nullptr;
        store = std::make_unique<OpenSqlite>(file_);
        if (!store->status.ok()) return;
        for (const char* id : {"one", "two", "three"}) Commit(*store, id);
        (void)(*store)->LoadOpenStudies();
      },
      [&] {
        if (store->status.ok()) {
          absl::Status status;
          for (int tries = 0; tries < 3 && !(status = store->Commit({study::PutWorker{{"w3", "c"}}})).ok();)
            ++tries;
          EXPECT_TRUE(status.ok()) << status;
          for (const std::string& id : acknowledged_) EXPECT_TRUE((*store)->FindRequest(id).ok()) << id;
        }
        store = nullptr;
        ExpectWholeAndWritable();
      });
}

// What is read is what is there, or an error.
TEST_F(IoFaultTest, Reading) {
  const auto expect = [](const auto& result, const auto& holds) {
    if (result.ok()) {
      EXPECT_TRUE(holds(*result));
    } else {
      EXPECT_TRUE(IsSaid(result.status())) << result.status();
    }
  };
  const auto many = [](std::size_t size) { return [size](const auto& rows) { return rows.size() == size; }; };
  Sweep(
      sample_,
      [&] {
        const absl::StatusOr<std::unique_ptr<StudyReader>> reader = StudyReader::Open(file_);
        if (!reader.ok()) {
          EXPECT_TRUE(IsSaid(reader.status())) << reader.status();
          return;
        }
        expect((*reader)->Studies(), many(2));
        expect((*reader)->Studies("running"), many(1));
        expect((*reader)->Study("ended"), [](const StudyRow& row) { return row.rounds == 2; });
        expect((*reader)->Trials({.study = "ended", .sort = "validation_mae"}), many(8));
        expect((*reader)->Trials({.study = "running", .state = "COMPLETED", .sort = "rate"}), many(4));
        expect((*reader)->Trial("running", 5), [](const TrialRow& row) { return row.epochs == 4; });
        expect((*reader)->BestTrial("ended"), [](const TrialRow& row) { return row.trial == 1; });
        expect((*reader)->Curve("ended", 7), many(10));
        expect((*reader)->Curves("running", 1, 4), many(40));
        expect((*reader)->Workers(), many(1));
        expect((*reader)->DataVersion(), [](std::int64_t version) { return version > 0; });
      },
      [this] { ExpectWholeAndWritable(); });
}

TEST_F(IoFaultTest, TheCoordinatorsReads) {
  Sweep(
      sample_,
      [&] {
        OpenSqlite store(file_);
        if (!store.status.ok()) return;
        const auto open = store->LoadOpenStudies();
        EXPECT_TRUE(open.ok() ? open->at(0).open.size() == 3 : IsSaid(open.status())) << open.status();
        const auto ended = store->LoadStudy(1, {1, 2});
        EXPECT_TRUE(ended.ok() ? ended->open.at(1).epochs.size() == 10 : IsSaid(ended.status())) << ended.status();
        for (const bool minimize : {true, false}) {
          const auto best = store->BestTrials(1, minimize, 3);
          EXPECT_TRUE(best.ok() ? best->size() == 3 : IsSaid(best.status())) << best.status();
        }
        const absl::Status absent = store->FindRequest("none").status();
        EXPECT_TRUE(absl::IsNotFound(absent) || IsSaid(absent)) << absent;
        const auto study = store->FindStudy("ended");
        EXPECT_TRUE(study.ok() || IsSaid(study.status())) << study.status();
        const auto trial = store->FindTrial(1, 2);
        EXPECT_TRUE(trial.ok() || IsSaid(trial.status())) << trial.status();
        const auto last = store->LastStudyId();
        EXPECT_TRUE(last.ok() ? *last == 2 : IsSaid(last.status())) << last.status();
        const auto workers = store->LoadWorkers();
        EXPECT_TRUE(workers.ok() ? workers->size() == 1 : IsSaid(workers.status())) << workers.status();
      },
      [this] { ExpectWholeAndWritable(); });
}

// A copy is whole or is not there.
TEST_F(IoFaultTest, BackingUp) {
  const std::string copy = folder_.File("copy.db");
  absl::Status status;
  Sweep(
      sample_,
      [&] {
        for (const char* suffix : {"", "-wal", "-shm"}) fs::remove(copy + suffix);
        status = Backup(file_, copy);
        EXPECT_TRUE(status.ok() || IsSaid(status)) << status;
      },
      [&] {
        EXPECT_TRUE(!status.ok() || fs::exists(copy));
        if (fs::exists(copy)) {
          const absl::StatusOr<Diagnosis> diagnosis = Examine(copy);
          ASSERT_TRUE(diagnosis.ok()) << diagnosis.status();
          EXPECT_EQ(diagnosis->trials, 15);
          EXPECT_TRUE(diagnosis->findings.list().empty());
        }
      });
}

// A disk that fails is no finding: the doctor says that it could not look.
TEST_F(IoFaultTest, Examining) {
  stride_ = 3;
  Sweep(
      sample_,
      [&] {
        const absl::StatusOr<Diagnosis> diagnosis = Examine(file_);
        if (diagnosis.ok()) {
          EXPECT_TRUE(diagnosis->findings.list().empty()) << diagnosis->findings.list().front().what;
          EXPECT_EQ(diagnosis->trials, 15);
        } else {
          EXPECT_TRUE(IsSaid(diagnosis.status())) << diagnosis.status();
        }
      },
      [] {});
}

TEST_F(IoFaultTest, WritingForTheBench) {
  stride_ = 23;
  Sweep(
      {},
      [&] {
        const absl::Status finished = WriteFinishedStudy(file_, {.name = "made", .spec = "{}"}, 3, 2);
        EXPECT_TRUE(finished.ok() || IsSaid(finished) || absl::IsAborted(finished)) << finished;
      },
      [this] {
        OpenSqlite store(file_);
        EXPECT_TRUE(store.status.ok()) << store.status;
      });
  stride_ = 97;
  first_ = 20;
  Sweep(
      {},
      [&] {
        const absl::StatusOr<double> rate = DurableRowsPerSecond(file_, 10);
        EXPECT_TRUE(rate.ok() ? *rate > 0 : IsSaid(rate.status())) << rate.status();
      },
      [] {});
}

}  // namespace
}  // namespace hpsearch::store
