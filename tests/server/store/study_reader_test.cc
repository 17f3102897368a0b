// Reads for people and programs: what each answers, and that it works beside a server that writes.
#include "server/store/study_reader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sqlite3.h>

#include <atomic>
#include <limits>
#include <thread>

#include "tests/server/store/open_sqlite.h"
#include "tests/server/store/temp_folder.h"
#include "tests/server/study/record_samples.h"

namespace hpsearch::store {
namespace {

using hpsearch::testing::OpenSqlite;
using hpsearch::testing::TempFolder;
using study::TrialState;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Pair;

study::TrialRecord Trial(std::int64_t number, TrialState state, std::optional<double> objective,
                         const std::string& parameters) {
  study::TrialRecord trial = study::SampleTrial(1, number, state, objective);
  trial.parameters = parameters;
  return trial;
}

class StudyReaderTest : public ::testing::Test {
 protected:
  StudyReaderTest() : store_(folder_.File("studies.db")) {
    study_ = study::SampleStudy(1, "mlp");
    study_.best_trial = 4;
    study_.started_at = study_.created_at + 1'000'000;
    study::TrialRecord reused = Trial(5, TrialState::kCompleted, 0.25, R"({"rate":0.1,"width":8})");
    reused.reused_from = 2;
    study::TrialRecord running = Trial(6, TrialState::kRunning, std::nullopt, R"({"rate":0.3,"width":16})");
    running.epochs = 2;
    Commit({study::PutStudy{study_}, study::PutRound{study::SampleRound(1)},
            study::PutTrial{Trial(1, TrialState::kDiverged, std::nullopt, R"({"rate":1,"width":8})")},
            study::PutTrial{Trial(2, TrialState::kCompleted, 0.25, R"({"rate":0.1,"width":8})")},
            study::PutTrial{Trial(3, TrialState::kCompleted, 0.5, R"({"rate":0.001,"width":8})")},
            study::PutTrial{Trial(4, TrialState::kEarlyStopped, 0.125, R"({"rate":0.01})")},
            study::PutTrial{reused}, study::PutTrial{running},
            study::AppendEpochs{1, 4, 1, {study::SampleEpoch(1), study::SampleEpoch(2)}},
            study::AppendEpochs{1, 6, 1, {study::SampleEpoch(1), study::SampleEpoch(2)}},
            study::PutWorker{{"w1", "i", 2, "digest", "fashion-mnist", true, 1'764'000'000'000'001}},
            study::PutWorker{{"w0", "i", 1, "", "", false, 7}}});
    absl::StatusOr<std::unique_ptr<StudyReader>> reader = StudyReader::Open(folder_.File("studies.db"));
    EXPECT_TRUE(reader.ok()) << reader.status();
    reader_ = *std::move(reader);
  }
  void Commit(study::Batch batch) {
    const absl::Status status = store_.Commit(std::move(batch));
    ASSERT_TRUE(status.ok()) << status;
  }
  std::vector<std::int64_t> Numbers(TrialQuery query) {
    query.study = "mlp";
    const absl::StatusOr<std::vector<TrialRow>> rows = reader_->Trials(query);
    EXPECT_TRUE(rows.ok()) << rows.status();
    std::vector<std::int64_t> numbers;
    for (const TrialRow& row : rows.value()) numbers.push_back(row.trial);
    return numbers;
  }

  TempFolder folder_;
  OpenSqlite store_;
  study::StudyRecord study_;
  std::unique_ptr<StudyReader> reader_;
};

TEST_F(StudyReaderTest, AStudyCountsThePointsWithoutARow) {
  const StudyRow row = reader_->Study("mlp").value();
  EXPECT_EQ(row.study, "mlp");
  EXPECT_EQ(row.state, "RUNNING");
  EXPECT_EQ(row.metric, "validation_error");
  EXPECT_EQ(row.direction, "minimize");
  EXPECT_EQ(row.spec, study_.spec);
  EXPECT_EQ(row.created_at, "2025-11-24T16:00:00.123456Z");
  EXPECT_EQ(row.started_at, "2025-11-24T16:00:01.123456Z");
  EXPECT_EQ(row.finished_at, std::nullopt);
  EXPECT_GT(row.seconds, 0);
  EXPECT_EQ(row.rounds, 1);
  EXPECT_EQ(row.planned_trials, 12);
  EXPECT_EQ(row.max_trials, 137);
  EXPECT_EQ(row.best_trial, 4);
  EXPECT_EQ(row.stored_epochs, 2);
  EXPECT_THAT(row.trial_counts, ElementsAre(Pair("QUEUED", 6), Pair("RUNNING", 1), Pair("COMPLETED", 3),
                                            Pair("EARLY_STOPPED", 1), Pair("DIVERGED", 1)));

  study_.state = study::StudyState::kStopped;
  study_.finished_at = *study_.started_at + 2'500'000;
  Commit({study::PutStudy{study_}, study::PutTrial{Trial(6, TrialState::kCancelled, std::nullopt, "{}")}});
  const StudyRow ended = reader_->Study("mlp").value();
  EXPECT_EQ(ended.seconds, 2.5);
  EXPECT_THAT(ended.trial_counts, ElementsAre(Pair("COMPLETED", 3), Pair("EARLY_STOPPED", 1), Pair("DIVERGED", 1),
                                              Pair("CANCELLED", 7)));
}

TEST_F(StudyReaderTest, TheNewestStudyComesFirst) {
  Commit({study::PutStudy{study::SampleStudy(2, "cnn")}, study::PutStudy{study::SampleStudy(3, "an")}});
  const std::vector<StudyRow> studies = reader_->Studies().value();
  std::vector<std::string> names;
  names.reserve(studies.size());
  for (const StudyRow& row : studies) names.push_back(row.study);
  EXPECT_THAT(names, ElementsAre("an", "cnn", "mlp"));
  EXPECT_EQ(studies[2].spec, "");
  EXPECT_THAT(studies[2].trial_counts, ElementsAre(Pair("QUEUED", 6), Pair("RUNNING", 1), Pair("COMPLETED", 3),
                                                   Pair("EARLY_STOPPED", 1), Pair("DIVERGED", 1)));

  const std::vector<StudyRow> second = reader_->Studies("an", 1).value();
  ASSERT_EQ(second.size(), 1u);
  EXPECT_EQ(second[0].study, "cnn");
  EXPECT_EQ(reader_->Studies("", 2).value().size(), 2u);
  EXPECT_TRUE(reader_->Studies("mlp", 9).value().empty());
  EXPECT_EQ(reader_->Studies("nosuch").status().code(), absl::StatusCode::kNotFound);
}

TEST_F(StudyReaderTest, TheSpecComesWhereItIsAskedFor) {
  const StudyRow row = reader_->Study("mlp", Detail::kWithoutSpec).value();
  EXPECT_EQ(row.spec, "");
  EXPECT_EQ(row.max_trials, 137);
  EXPECT_EQ(reader_->Study("nosuch", Detail::kWithoutSpec).status().code(), absl::StatusCode::kNotFound);
}

TEST_F(StudyReaderTest, AStudySaysWhatItBeganWith) {
  EXPECT_THAT(reader_->Study("mlp")->learnt, IsEmpty());
  Commit({study::PutStudy{study::SampleStudy(2, "warm")},
          study::PutEarlier{2, {{"z", 2, "0", 0.5}, {"z", 9, "1", 0.25}, {"a", 1, "1", 0.125}}}});
  const std::vector<LearntRow> learnt = reader_->Study("warm")->learnt;
  ASSERT_EQ(learnt.size(), 2u);
  EXPECT_EQ(learnt[0].study, "z");
  EXPECT_EQ(learnt[0].results, 2);
  EXPECT_EQ(learnt[1].study, "a");
  EXPECT_EQ(learnt[1].results, 1);
  EXPECT_THAT(reader_->Study("warm", Detail::kWithoutSpec)->learnt, IsEmpty());
}

TEST_F(StudyReaderTest, ACurveHasItsNormsAndMetrics) {
  Commit(
      {study::PutTrial{Trial(7, TrialState::kCompleted, 1.5, "{}")},
       study::AppendEpochs{
           1, 7, 1, {study::SampleEpochWithMetrics(1), study::SampleEpoch(2), study::SampleEpochWithMetrics(3)}}});
  const std::vector<EpochRow> curve = reader_->Curve("mlp", 7).value();
  ASSERT_EQ(curve.size(), 3u);
  EXPECT_EQ(curve[0].gradient_norm, 0.75);
  EXPECT_EQ(curve[0].weight_norm, 12.5);
  EXPECT_EQ(curve[0].samples_per_second, 250'000);
  EXPECT_EQ(curve[0].reported_at, "2025-11-24T16:00:02.000001Z");
  EXPECT_THAT(curve[0].metrics, ElementsAre(Pair("train_mae", 0.1 + 0.2), Pair("train_r2", -0.5),
                                            Pair("validation_mae", 0.5), Pair("validation_r2", std::nullopt)));
  EXPECT_TRUE(curve[1].metrics.empty());
  EXPECT_EQ(ValueOf(curve[2], "validation_mae"), 1.5);
  EXPECT_EQ(ValueOf(curve[2], "validation_r2"), std::nullopt);
  EXPECT_EQ(ValueOf(curve[2], "train_loss"), curve[2].train_loss);
  EXPECT_EQ(ValueOf(curve[1], "train_mae"), std::nullopt);

  const std::vector<EpochRow> rest = reader_->Curve("mlp", 7, 1, 1).value();
  ASSERT_EQ(rest.size(), 1u);
  EXPECT_TRUE(rest[0].metrics.empty());
  EXPECT_EQ(reader_->Curve("mlp", 7, 2).value().at(0).metrics.size(), 4u);
  const std::vector<EpochRow> several = reader_->Curves("mlp", 6, 2).value();
  ASSERT_EQ(several.size(), 5u);
  EXPECT_TRUE(several[0].metrics.empty());
  EXPECT_EQ(several[2].metrics.size(), 4u);
}

TEST_F(StudyReaderTest, TrialsSortByAMetricAtTheirBestEpoch) {
  const auto with_best = [](std::int64_t number, std::int64_t epoch) {
    study::TrialRecord trial = study::SampleTrial(2, number, TrialState::kCompleted, 0.5);
    trial.best_epoch = epoch;
    return trial;
  };
  study::StudyRecord measured = study::SampleStudy(2, "measured");
  measured.spec = R"({"parameters":{"rate":1},"training":{"metrics":["mae","r2"]}})";
  const std::vector<study::EpochRecord> curve = {
      study::SampleEpochWithMetrics(1), study::SampleEpochWithMetrics(2), study::SampleEpochWithMetrics(3)};
  Commit({study::PutStudy{measured}, study::PutRound{study::SampleRound(2)}, study::PutTrial{with_best(1, 3)},
          study::AppendEpochs{2, 1, 1, curve}, study::PutTrial{with_best(2, 1)},
          study::AppendEpochs{2, 2, 1, curve}, study::PutTrial{with_best(3, 2)},
          study::AppendEpochs{2, 3, 1, curve}, study::PutTrial{study::SampleTrial(2, 4)}});
  const auto sorted = [&](const std::string& key, bool descending = false) {
    const auto rows = reader_->Trials({.study = "measured", .sort = key, .descending = descending});
    EXPECT_TRUE(rows.ok()) << rows.status();
    std::vector<std::int64_t> numbers;
    for (const TrialRow& row : *rows) numbers.push_back(row.trial);
    return numbers;
  };
  EXPECT_THAT(sorted("validation_mae"), ElementsAre(2, 3, 1, 4));
  EXPECT_THAT(sorted("validation_mae", true), ElementsAre(1, 3, 2, 4));
  EXPECT_THAT(sorted("train_loss"), ElementsAre(1, 3, 2, 4));
  EXPECT_THAT(sorted("weight_norm"), ElementsAre(1, 2, 3, 4));
  for (const char* key : {"validation_rmse", "train_accuracy", "mae", "x'; DROP TABLE trials"}) {
    const auto rows = reader_->Trials({.study = "measured", .sort = key});
    EXPECT_EQ(rows.status().code(), absl::StatusCode::kInvalidArgument) << key;
  }
}

TEST_F(StudyReaderTest, TrialsSortWithNullsLastAndTiesByNumber) {
  EXPECT_THAT(Numbers({}), ElementsAre(1, 2, 3, 4, 5, 6));
  EXPECT_THAT(Numbers({.descending = true}), ElementsAre(6, 5, 4, 3, 2, 1));
  EXPECT_THAT(Numbers({.sort = "objective"}), ElementsAre(4, 2, 5, 3, 1, 6));
  EXPECT_THAT(Numbers({.sort = "objective", .descending = true}), ElementsAre(3, 2, 5, 4, 1, 6));
  EXPECT_THAT(Numbers({.sort = "state"}), ElementsAre(2, 3, 5, 1, 4, 6));
  EXPECT_THAT(Numbers({.sort = "rate"}), ElementsAre(3, 4, 2, 5, 6, 1));
  EXPECT_THAT(Numbers({.sort = "width", .descending = true}), ElementsAre(6, 1, 2, 3, 5, 4));
  EXPECT_THAT(Numbers({.sort = "finished_at"}), ElementsAre(1, 2, 3, 4, 5, 6));
  EXPECT_THAT(Numbers({.state = "COMPLETED"}), ElementsAre(2, 3, 5));
  EXPECT_THAT(Numbers({.state = "COMPLETED", .sort = "objective", .limit = 1, .offset = 1}), ElementsAre(5));
  EXPECT_THAT(Numbers({.limit = 2, .offset = 3}), ElementsAre(4, 5));
  EXPECT_THAT(Numbers({.limit = 0}), ElementsAre());
  EXPECT_THAT(Numbers({.most_bytes = 0}), ElementsAre(1));
  EXPECT_THAT(Numbers({.most_bytes = 40}), ElementsAre(1, 2));
  EXPECT_THAT(Numbers({.state = "QUEUED"}), ElementsAre());
}

TEST_F(StudyReaderTest, ABadQueryIsRefusedWithWhatWouldBeRight) {
  const auto refusal = [&](TrialQuery query) {
    query.study = "mlp";
    return reader_->Trials(query).status();
  };
  for (const std::string sort :
       {"", "nosuch", "parameters", "rate'", "rate\"", "rate desc; drop table trials", "Rate"}) {
    EXPECT_EQ(refusal({.sort = sort}).code(), absl::StatusCode::kInvalidArgument) << sort;
  }
  EXPECT_THAT(std::string(refusal({.sort = "nosuch"}).message()), ::testing::HasSubstr("'nosuch'"));
  EXPECT_EQ(refusal({.state = "DONE"}).code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(refusal({.limit = -1}).code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(refusal({.offset = -1}).code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(reader_->Trials({.study = "nosuch"}).status().code(), absl::StatusCode::kNotFound);
}

TEST_F(StudyReaderTest, ATrialAndTheBestOne) {
  const TrialRow reused = reader_->Trial("mlp", 5).value();
  EXPECT_EQ(reused.reused_from, "mlp/2");
  EXPECT_EQ(reused.objective, 0.25);
  EXPECT_EQ(reused.worker, "w1");
  EXPECT_EQ(reader_->BestTrial("mlp").value().trial, 4);
  EXPECT_EQ(reader_->Trial("mlp", 7).status().code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(reader_->Trial("nosuch", 1).status().code(), absl::StatusCode::kNotFound);
  Commit({study::PutStudy{study::SampleStudy(2, "cnn")}});
  EXPECT_EQ(reader_->BestTrial("cnn").status().code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(reader_->BestTrial("nosuch").status().code(), absl::StatusCode::kNotFound);
}

TEST_F(StudyReaderTest, Curves) {
  study::EpochRecord odd = study::SampleEpoch(3);
  odd.train_loss = std::numeric_limits<double>::quiet_NaN();
  Commit({study::AppendEpochs{1, 6, 1, {odd}}});
  const std::vector<EpochRow> curve = reader_->Curve("mlp", 6).value();
  ASSERT_EQ(curve.size(), 3u);
  EXPECT_EQ(curve[0].epoch, 1);
  EXPECT_EQ(curve[0].validation_loss, 0.1 + 0.2);
  EXPECT_EQ(curve[2].train_loss, std::nullopt);
  EXPECT_EQ(curve[2].reported_at, "2025-11-24T16:00:02.000003Z");
  EXPECT_TRUE(reader_->Curve("mlp", 1).value().empty());
  const std::vector<EpochRow> middle = reader_->Curve("mlp", 6, 1, 1).value();
  ASSERT_EQ(middle.size(), 1u);
  EXPECT_EQ(middle[0].epoch, 2);
  EXPECT_EQ(reader_->Curve("mlp", 6, 1).value().size(), 2u);
  EXPECT_TRUE(reader_->Curve("mlp", 6, 3).value().empty());
  EXPECT_EQ(reader_->Curve("mlp", 99).status().code(), absl::StatusCode::kNotFound);

  EXPECT_EQ(reader_->Curves("mlp", 1, 5).value().size(), 2u);
  EXPECT_EQ(reader_->Curves("mlp", 4, 3).value().size(), 5u);
  EXPECT_EQ(reader_->Curves("mlp", 1, std::numeric_limits<std::int64_t>::max()).value().size(), 5u);
  EXPECT_TRUE(reader_->Curves("mlp", 100, 5).value().empty());
  EXPECT_EQ(reader_->Curves("nosuch", 1, 5).status().code(), absl::StatusCode::kNotFound);
}

TEST_F(StudyReaderTest, Workers) {
  const std::vector<WorkerRow> workers = reader_->Workers().value();
  ASSERT_EQ(workers.size(), 2u);
  EXPECT_EQ(workers[0].name, "w0");
  EXPECT_FALSE(workers[0].connected);
  EXPECT_EQ(workers[0].leases, 0);
  EXPECT_EQ(workers[1].name, "w1");
  EXPECT_TRUE(workers[1].connected);
  EXPECT_EQ(workers[1].leases, 1);
  EXPECT_EQ(workers[1].datasets, "fashion-mnist");
  EXPECT_EQ(workers[1].seen_at, "2025-11-24T16:00:00.000001Z");
}

TEST_F(StudyReaderTest, TheDataVersionFollowsCommits) {
  const std::int64_t before = reader_->DataVersion().value();
  EXPECT_EQ(reader_->DataVersion().value(), before);
  Commit({study::PutRequest{"r1", ""}});
  const std::int64_t after = reader_->DataVersion().value();
  EXPECT_NE(after, before);
  EXPECT_EQ(reader_->DataVersion().value(), after);
}

TEST_F(StudyReaderTest, ReadersStayWhenTheServerEnds) {
  store_.Close();
  EXPECT_TRUE(reader_->Study("mlp").ok());
  EXPECT_TRUE(StudyReader::Open(folder_.File("studies.db")).value()->Study("mlp").ok());
  OpenSqlite again(folder_.File("studies.db"));
  ASSERT_TRUE(again.status.ok()) << again.status;
  ASSERT_TRUE(again.Commit({study::PutStudy{study::SampleStudy(2, "cnn")}}).ok());
  EXPECT_TRUE(reader_->Study("cnn").ok());
}

// A reader in the middle of a long read holds a snapshot; commits go on, and so does their being seen by others.
TEST_F(StudyReaderTest, AnOpenSnapshotHoldsUpNoCommit) {
  sqlite3* slow = nullptr;
  ASSERT_EQ(sqlite3_open_v2(folder_.File("studies.db").c_str(), &slow, SQLITE_OPEN_READONLY, nullptr), SQLITE_OK);
  ASSERT_EQ(sqlite3_exec(slow, "BEGIN; SELECT count(*) FROM trials;", nullptr, nullptr, nullptr), SQLITE_OK);
  for (int i = 0; i < 20; ++i) Commit({study::PutRequest{"r" + std::to_string(i), std::string(1 << 20, 'x')}});
  Commit({study::PutStudy{study::SampleStudy(2, "cnn")}});
  EXPECT_TRUE(reader_->Study("cnn").ok());
  EXPECT_EQ(sqlite3_exec(slow, "SELECT 1 / (count(*) = 1) FROM studies; COMMIT;", nullptr, nullptr, nullptr),
            SQLITE_OK);
  EXPECT_EQ(sqlite3_close(slow), SQLITE_OK);
}

TEST_F(StudyReaderTest, ReadersAndTheWriterRunSideBySide) {
  std::atomic<bool> written = false;
  std::atomic<int> reads = 0;
  const auto read_on = [&] {
    auto reader = StudyReader::Open(folder_.File("studies.db")).value();
    while (!written || reads < 20) {
      // A trial and its epochs are committed together, and so are seen together.
      const std::vector<TrialRow> last =
          reader->Trials({.study = "mlp", .sort = "trial", .descending = true, .limit = 1}).value();
      const std::size_t epochs = reader->Curve("mlp", last.at(0).trial).value().size();
      EXPECT_TRUE(last[0].trial == 6 || epochs == 2) << last[0].trial << ": " << epochs;
      EXPECT_TRUE(reader->Study("mlp").ok());
      ++reads;
    }
  };
  std::thread one(read_on);
  std::thread two(read_on);
  for (std::int64_t number = 7; number < 67; ++number) {
    study::TrialRecord trial = study::SampleTrial(1, number);
    Commit({study::PutTrial{trial},
            study::AppendEpochs{1, number, 1, {study::SampleEpoch(1), study::SampleEpoch(2)}}});
  }
  written = true;
  one.join();
  two.join();
  EXPECT_EQ(reader_->Study("mlp").value().trial_counts.front().first, "RUNNING");
}

}  // namespace
}  // namespace hpsearch::store
