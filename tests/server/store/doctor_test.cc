// What hpsearch doctor finds, rule by rule, and that it only reads.
#include "server/store/doctor.h"

#include <SQLiteCpp/Database.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "tests/server/store/open_sqlite.h"
#include "tests/server/store/sample_database.h"
#include "tests/server/store/temp_folder.h"

namespace hpsearch::store {
namespace {

using hpsearch::testing::OpenSqlite;
using hpsearch::testing::TempFolder;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

std::string Text(const Finding& finding) {
  std::string place = finding.study;
  if (finding.trial) place += "/" + std::to_string(*finding.trial);
  if (finding.epoch) place += "/" + std::to_string(*finding.epoch);
  return place + ": " + finding.what;
}

class DoctorTest : public ::testing::Test {
 protected:
  DoctorTest() {
    OpenSqlite store(file_);
    testing::WriteSample(store, 6);
  }
  std::vector<std::string> Found(std::size_t most = 100) {
    const absl::StatusOr<Diagnosis> diagnosis = Examine(file_, most);
    EXPECT_TRUE(diagnosis.ok()) << diagnosis.status();
    if (!diagnosis.ok()) return {};
    more_ = diagnosis->findings.more();
    std::vector<std::string> found;
    for (const Finding& finding : diagnosis->findings.list()) found.push_back(Text(finding));
    return found;
  }
  // As somebody would who knows neither checks nor triggers.
  void Change(const std::string& sql) {
    SQLite::Database database(file_, SQLite::OPEN_READWRITE);
    database.exec("PRAGMA ignore_check_constraints = ON; PRAGMA foreign_keys = OFF");
    database.exec(sql);
  }

  const TempFolder folder_;
  const std::string file_ = folder_.File("studies.db");
  std::int64_t more_ = 0;
};

TEST_F(DoctorTest, ASoundDatabaseIsSound) {
  EXPECT_THAT(Found(), IsEmpty());
  const Diagnosis diagnosis = *Examine(file_);
  EXPECT_EQ(diagnosis.studies, 2);
  EXPECT_EQ(diagnosis.trials, 15);
  EXPECT_EQ(diagnosis.epochs, 4 * 10 + 3 + 2 * 10 + 4 * 10 + 4 + 2);
}

TEST_F(DoctorTest, ReadsAloneWhileAServerHasTheFile) {
  OpenSqlite store(file_);
  ASSERT_TRUE(store.Commit({study::AppendEpochs{2, 6, 1, {study::SampleEpoch(1)}}}).ok());  // in the log
  EXPECT_THAT(Found(), ElementsAre("running/6: has 0 epochs by its row, 1 in its curve",
                                   "running/6: its objective is none, that of its curve 0.25 at epoch 1"));
  study::TrialRecord trial = testing::SampleTrialOf(2, 6, study::TrialState::kRunning, 1);
  ASSERT_TRUE(store.Commit({study::PutTrial{trial}}).ok()) << "it holds nothing";
  EXPECT_THAT(Found(), IsEmpty());
}

TEST_F(DoctorTest, ChangesNothing) {
  const auto bytes = [this] {
    std::ifstream in(file_, std::ios::binary);
    return std::string(std::istreambuf_iterator<char>(in), {});
  };
  Change("UPDATE epochs SET train_loss = 7 WHERE trial = 3");
  const std::string before = bytes();
  EXPECT_FALSE(Found().empty());
  EXPECT_TRUE(before == bytes());
  EXPECT_FALSE(std::filesystem::exists(file_ + ".lock.new"));
  EXPECT_EQ(Examine(folder_.File("none.db")).status().code(), absl::StatusCode::kNotFound);
  EXPECT_FALSE(std::filesystem::exists(folder_.File("none.db")));
}

TEST_F(DoctorTest, RefusesWhatIsNoDatabaseOfThisVersion) {
  std::ofstream(folder_.File("notes.txt")) << "not a database\n";
  EXPECT_EQ(Examine(folder_.File("notes.txt")).status().code(), absl::StatusCode::kFailedPrecondition);
  Change("PRAGMA user_version = 1000");
  EXPECT_THAT(std::string(Examine(file_).status().message()), HasSubstr("newer hpsearch"));
}

TEST_F(DoctorTest, NamesTheFirstAndCountsTheOthers) {
  Change("UPDATE epochs SET train_loss = 7 WHERE study = 1 AND trial = 3");
  EXPECT_EQ(Found(4).size(), 4U);
  EXPECT_EQ(more_, 6);
}

struct Fault {
  const char* sql;
  std::vector<std::string> found;  // each a part of a finding, in order
};

class DoctorFindsTest : public DoctorTest, public ::testing::WithParamInterface<Fault> {};

TEST_P(DoctorFindsTest, It) {
  Change(GetParam().sql);
  const std::vector<std::string> found = Found();
  ASSERT_EQ(found.size(), GetParam().found.size()) << ::testing::PrintToString(found);
  for (std::size_t i = 0; i < found.size(); ++i) EXPECT_THAT(found[i], HasSubstr(GetParam().found[i]));
}

INSTANTIATE_TEST_SUITE_P(
    Rules, DoctorFindsTest,
    ::testing::Values(
        // Curves.
        Fault{"UPDATE epochs SET seconds = 1.25 WHERE study = 1 AND trial = 3 AND epoch = 4",
              {"ended/3/4: its values are not those of its checksum"}},
        Fault{"UPDATE epochs SET checksum = 0 WHERE study = 2 AND trial = 1 AND epoch = 1",
              {"running/1/1: its values"}},
        Fault{
            "UPDATE metrics SET value = NULL WHERE study = 1 AND trial = 3 AND epoch = 4 AND metric = 'train_mae'",
            {"ended/3/4: its train_mae is not that of its checksum"}},
        Fault{
            "UPDATE epochs SET validation_error = 0.001 WHERE study = 1 AND trial = 3 AND epoch = 4",
            {"ended/3/4: its values", "ended/3: its objective is 0.025 at epoch 10, that of its curve 0.001 at "}},
        Fault{"DELETE FROM epochs WHERE study = 2 AND trial = 1 AND epoch = 4",
              {"running/1/5: comes behind epoch 3", "running/1: has 10 epochs by its row, 9 in its curve"}},
        Fault{"DELETE FROM metrics WHERE study = 1 AND trial = 3 AND epoch = 4 AND metric = 'train_mae'",
              {"ended/3/4: has 3 metrics of the 4"}},
        Fault{"DELETE FROM epochs WHERE study = 1 AND trial = 3 AND epoch = 10",
              {"4 rows of metrics belong to no row of epochs", "ended/3/10: has a metric and no row",
               "ended/3/10: has a metric and no row", "ended/3/10: has a metric and no row",
               "ended/3/10: has a metric and no row", "ended/3: has 10 epochs by its row, 9",
               "ended/3: its objective is 0.025 at epoch 10"}},
        Fault{"UPDATE trials SET epochs_planned = 9 WHERE study = 2 AND number = 1",
              {"running/1: has an epoch 10, but 9 are planned", "running/1: is COMPLETED after 10 of 9"}},
        // Trials.
        Fault{"UPDATE trials SET objective = 0.5 WHERE study = 2 AND number = 3",
              {"running/3: its objective is 0.5 at epoch 10, that of its curve 0.025 at epoch 10"}},
        Fault{"UPDATE trials SET best_epoch = 3 WHERE study = 2 AND number = 3", {"running/3: its objective"}},
        Fault{"UPDATE trials SET objective = NULL, best_epoch = NULL WHERE study = 2 AND number = 3",
              {"running/3: is COMPLETED without an objective", "running/3: its objective is none"}},
        Fault{"UPDATE trials SET objective = 0.5 WHERE study = 1 AND number = 5",
              {"ended/5: is DIVERGED and has an objective"}},
        Fault{"UPDATE trials SET finished_at = 5 WHERE study = 2 AND number = 5",
              {"running/5: is RUNNING and has a time of its end"}},
        Fault{"UPDATE trials SET finished_at = NULL WHERE study = 2 AND number = 4",
              {"running/4: is COMPLETED and has no time of its end"}},
        Fault{"UPDATE trials SET started_at = NULL WHERE study = 2 AND number = 5",
              {"running/5: has no time of its start"}},
        Fault{"UPDATE trials SET worker = '' WHERE study = 2 AND number = 5", {"running/5: was never leased"}},
        Fault{"UPDATE trials SET lost = 2 WHERE study = 2 AND number = 5", {"running/5: was lost 2 times in 1"}},
        Fault{"UPDATE trials SET state = 'QUEUED', finished_at = NULL WHERE study = 1 AND number = 8",
              {"ended/8: is QUEUED in a study that is COMPLETED"}},
        Fault{"UPDATE trials SET reused_from = 9 WHERE study = 1 AND number = 7",
              {"ended/7: is COMPLETED and has the curve of trial 9"}},
        Fault{"UPDATE trials SET round = 1 WHERE study = 1 AND number = 8", {"ended/8: is none of round 1"}},
        Fault{"UPDATE trials SET round = 3 WHERE study = 1 AND number = 8",
              {"1 rows of trials belong to no row of rounds", "ended/8: is none of round 3"}},
        // Every point of the grid once.
        Fault{"DELETE FROM metrics WHERE study = 2; DELETE FROM epochs WHERE study = 2 AND trial IN (2, 3); "
              "DELETE FROM trials WHERE study = 2 AND number IN (2, 3)",
              {"running/2: has no row, nor has any up to trial 3"}},
        Fault{"DELETE FROM trials WHERE study = 2 AND number = 7",
              {"2 rows of epochs belong to no row of trials", "running/7: has no row",
               "running/7/1: is of a trial that has no row", "running/7/2: is of a trial that has no row"}},
        Fault{"UPDATE studies SET next_trial = 7 WHERE id = 2", {"running/7: has a row before its turn"}},
        Fault{"UPDATE trials SET parameters = (SELECT parameters FROM trials WHERE study = 2 AND number = 2) "
              "WHERE study = 2 AND number = 4",
              {"running/4: is the same point as trial 2 of its round, one of 2"}},
        // Studies and rounds.
        Fault{"UPDATE trial_counts SET trials = 5 WHERE study = 2 AND state = 'COMPLETED'",
              {"running: counts 5 trials COMPLETED with 40 epochs; there are 4 with 40"}},
        Fault{"UPDATE trial_counts SET epochs = 5 WHERE study = 2 AND state = 'RUNNING'",
              {"running: counts 2 trials"}},
        Fault{"UPDATE studies SET best_trial = 2 WHERE id = 2",
              {"running: its best is trial 2, by its rows trial 1"}},
        Fault{"UPDATE studies SET finished_at = NULL WHERE id = 1", {"ended: is COMPLETED and has no time"}},
        Fault{"UPDATE studies SET stopping = 1 WHERE id = 1", {"ended: is COMPLETED, and still stopping"}},
        Fault{"UPDATE studies SET next_trial = 14 WHERE id = 2",
              {"running: goes on with trial 14 of 12", "running/8: has no row, nor has any up to trial 13"}},
        Fault{"UPDATE studies SET spec = '[1]' WHERE id = 2", {"running: its specification is no JSON"}},
        Fault{"UPDATE studies SET planned_trials = 13 WHERE id = 2", {"running: has 13 trials planned, 12"}},
        Fault{"UPDATE rounds SET centres = '[7]' WHERE study = 1 AND number = 2",
              {"ended: its round 2 has centres"}},
        Fault{"UPDATE rounds SET centres = '[]' WHERE study = 1 AND number = 2",
              {"ended: its round 2 has centres"}},
        Fault{"UPDATE sqlite_sequence SET seq = 1", {": study 2 has an id that was never given"}},
        // SQLite's own.
        Fault{"UPDATE studies SET state = 'DONE' WHERE id = 2",
              {": CHECK constraint failed in studies", ": a study in the unknown state 'DONE'"}},
        Fault{"UPDATE trials SET state = 'DONE' WHERE study = 2 AND number = 3",
              {": CHECK constraint failed in trials", "running: a trial in the unknown"}},
        Fault{"UPDATE trials SET parameters = '{' WHERE study = 2 AND number = 3",
              {": malformed JSON", "running/3: its parameters are no JSON object"}},
        Fault{"DELETE FROM trial_counts WHERE study = 1",
              {"ended: counts 0 trials COMPLETED", "ended: counts 0 trials DIVERGED",
               "ended: counts 0 trials FAILED"}}),
    [](const auto& info) { return "n" + std::to_string(info.index); });

}  // namespace
}  // namespace hpsearch::store
