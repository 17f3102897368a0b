// The public views, read by the sqlite3 program as users read them: names, order and contents of their columns.
#include <gtest/gtest.h>

#include <limits>

#include "tests/server/store/open_sqlite.h"
#include "tests/server/store/sqlite_shell.h"
#include "tests/server/store/temp_folder.h"
#include "tests/server/study/record_samples.h"

namespace hpsearch::store {
namespace {

using hpsearch::testing::OpenSqlite;
using hpsearch::testing::SqliteShell;
using hpsearch::testing::TempFolder;

class Views : public ::testing::Test {
 protected:
  Views() : file_(folder_.File("studies.db")) {
    OpenSqlite store(file_);
    study::StudyRecord done = study::SampleStudy(1, "mlp");
    done.spec = R"({"study":"mlp"})";
    done.state = study::StudyState::kFailed;
    done.reason = "no trial stands";
    done.created_at = 1'795'490'353'123'456;
    done.started_at = 1'795'490'353'123'457;
    done.finished_at = 1'795'490'354'000'009;
    study::TrialRecord best = study::SampleTrial(1, 1, study::TrialState::kCompleted, 0.1 + 0.2);
    best.best_epoch = 2;
    best.epochs = 2;
    best.seconds = 3.25;
    best.finished_at = 1'764'000'002'500'000;
    study::TrialRecord taken = study::SampleTrial(1, 2, study::TrialState::kCompleted, 0.1 + 0.2);
    taken.reused_from = 1;
    taken.worker = "";
    taken.attempt = 0;
    taken.started_at = std::nullopt;
    study::TrialRecord diverged = study::SampleTrial(1, 3, study::TrialState::kDiverged);
    diverged.reason = "the loss is 'nan'";
    study::EpochRecord odd = study::SampleEpoch(1);
    odd.train_loss = std::numeric_limits<double>::infinity();
    odd.validation_loss = std::numeric_limits<double>::quiet_NaN();
    const absl::Status committed = store.Commit(
        {study::PutStudy{done}, study::PutRound{study::SampleRound(1)}, study::PutTrial{best},
         study::PutTrial{taken}, study::PutTrial{diverged}, study::PutStudy{study::SampleStudy(2, "cnn")},
         study::AppendEpochs{1, 1, 1, {study::SampleEpoch(1), study::SampleEpoch(2)}},
         study::CopyEpochs{1, 1, 2, 2}, study::AppendEpochs{1, 3, 1, {odd}},
         study::PutRound{study::SampleRound(2)}, study::PutTrial{study::SampleTrial(2, 7)},
         study::AppendEpochs{2, 7, 1, {study::SampleEpochWithMetrics(1)}}});
    EXPECT_TRUE(committed.ok()) << committed;
  }
  std::string Query(const std::string& sql) { return SqliteShell(file_, sql); }

  TempFolder folder_;
  std::string file_;
};

TEST_F(Views, HaveTheContractsColumnsInItsOrder) {
  const auto columns = [this](const std::string& view) {
    return Query("SELECT group_concat(name, ', ') FROM (SELECT name FROM pragma_table_info('" + view +
                 "') ORDER BY cid)");
  };
  EXPECT_EQ(columns("study_summary"),
            "study, state, metric, direction, created_at, started_at, finished_at, reason, spec\n");
  EXPECT_EQ(columns("trial_results"),
            "study, trial, round, state, reason, objective, best_epoch, epochs, epochs_planned, parameters, seed, "
            "replicate, worker, attempt, started_at, finished_at, seconds, reused_from\n");
  EXPECT_EQ(
      columns("epoch_curves"),
      "study, trial, epoch, train_loss, train_error, validation_loss, validation_error, learning_rate, seconds, "
      "reported_at\n");
  EXPECT_EQ(columns("epoch_metrics"), "study, trial, epoch, metric, value\n");
}

TEST_F(Views, StudySummary) {
  EXPECT_EQ(Query("SELECT * FROM study_summary WHERE study = 'mlp'"),
            "mlp|FAILED|validation_error|minimize|2026-11-24T03:19:13.123456Z|2026-11-24T03:19:13.123457Z|"
            "2026-11-24T03:19:14.000009Z|no trial stands|{\"study\":\"mlp\"}\n");
  EXPECT_EQ(
      Query(".nullvalue NULL\nSELECT started_at, finished_at, reason FROM study_summary WHERE study = 'cnn'"),
      "NULL|NULL|NULL\n");
}

TEST_F(Views, TrialResults) {
  EXPECT_EQ(Query(".nullvalue NULL\nSELECT * FROM trial_results WHERE study = 'mlp' ORDER BY trial"),
            "mlp|1|1|COMPLETED|NULL|0.3|2|2|10|{\"rate\":0.01,\"width\":8}|7|0|w1|1|2025-11-24T16:00:01.000000Z|"
            "2025-11-24T16:00:02.500000Z|3.25|NULL\n"
            "mlp|2|1|COMPLETED|NULL|0.3|NULL|0|10|{\"rate\":0.01,\"width\":8}|7|0|NULL|0|NULL|NULL|0.0|mlp/1\n"
            "mlp|3|1|DIVERGED|the loss is 'nan'|NULL|NULL|0|10|{\"rate\":0.01,\"width\":8}|7|0|w1|1|"
            "2025-11-24T16:00:01.000000Z|NULL|0.0|NULL\n");
  EXPECT_EQ(Query("SELECT quote(objective) FROM trial_results WHERE trial = 1"), "3.00000000000000044408e-01\n");
}

TEST_F(Views, EpochCurves) {
  EXPECT_EQ(Query(".nullvalue NULL\nSELECT * FROM epoch_curves WHERE trial IN (2, 3) ORDER BY trial, epoch"),
            "mlp|2|1|1.0|0.3|0.3|0.25|0.01|1.5|2025-11-24T16:00:02.000001Z\n"
            "mlp|2|2|0.5|0.3|0.3|0.125|0.01|1.5|2025-11-24T16:00:02.000002Z\n"
            "mlp|3|1|NULL|0.3|NULL|0.25|0.01|1.5|2025-11-24T16:00:02.000001Z\n");
}

TEST_F(Views, EpochMetricsAreTheCurvesInLongForm) {
  EXPECT_EQ(Query(".nullvalue NULL\nSELECT * FROM epoch_metrics WHERE trial = 3 ORDER BY metric"),
            "mlp|3|1|gradient_norm|0.75\nmlp|3|1|learning_rate|0.01\nmlp|3|1|samples_per_second|250000.0\n"
            "mlp|3|1|train_error|0.3\nmlp|3|1|train_loss|NULL\n"
            "mlp|3|1|validation_error|0.25\nmlp|3|1|validation_loss|NULL\nmlp|3|1|weight_norm|12.5\n");
  EXPECT_EQ(Query("SELECT count(*) FROM epoch_metrics"), std::to_string(6 * 8 + 4) + "\n");
}

TEST_F(Views, EpochMetricsHaveWhatTheStudyAsksFor) {
  EXPECT_EQ(Query(".nullvalue NULL\nSELECT metric, value FROM epoch_metrics WHERE study = 'cnn' AND trial = 7 "
                  "AND metric IN ('train_mae', 'train_r2', 'validation_mae', 'validation_r2') ORDER BY metric"),
            "train_mae|0.3\ntrain_r2|-0.5\nvalidation_mae|0.5\nvalidation_r2|NULL\n");
}

// A study of a million trials among others: nothing walks through all of them.
TEST_F(Views, AreReadByKeyAndInOrder) {
  const auto plan = [this](const std::string& sql) { return Query("EXPLAIN QUERY PLAN SELECT * FROM " + sql); };
  for (const std::string sql : {"trial_results WHERE study = 'mlp' ORDER BY trial LIMIT 9",
                                "trial_results WHERE study = 'mlp' AND trial = 5",
                                "trial_results WHERE study = 'mlp' AND state = 'RUNNING' ORDER BY trial LIMIT 9",
                                "trial_results WHERE study = 'mlp' ORDER BY objective NULLS LAST, trial LIMIT 9",
                                "trial_results WHERE study = 'mlp' ORDER BY round, trial LIMIT 9",
                                "epoch_curves WHERE study = 'mlp' AND trial = 5 ORDER BY epoch",
                                "epoch_metrics WHERE study = 'mlp' AND trial = 5"}) {
    EXPECT_EQ(plan(sql).find("SCAN"), std::string::npos) << sql << "\n" << plan(sql);
    EXPECT_EQ(plan(sql).find("TEMP B-TREE"), std::string::npos) << sql << "\n" << plan(sql);
  }
  EXPECT_NE(plan("trial_results WHERE study = 'mlp' AND state = 'RUNNING' ORDER BY trial").find("trials_by_state"),
            std::string::npos);
}

// Two rows of one key, and the states that there are not, never get in, whoever writes.
TEST_F(Views, TheTablesHoldTheirOwnInvariants) {
  for (const std::string statement :
       {"UPDATE trials SET state = 'DONE'", "UPDATE studies SET state = 'DONE'", "UPDATE studies SET name = 'mlp'",
        "UPDATE trials SET objective = 'low'", "UPDATE trials SET parameters = '[1]'",
        "INSERT INTO rounds SELECT * FROM rounds", "UPDATE studies SET direction = 'up'",
        "PRAGMA foreign_keys = ON; INSERT INTO epochs VALUES (1, 99, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)",
        "PRAGMA foreign_keys = ON; INSERT INTO metrics VALUES (1, 1, 99, 'train_mae', 0, 0)",
        "INSERT INTO metrics VALUES (1, 1, 1, 'mae', 0, 0)"}) {
    const std::string output =
        SqliteShell(file_, ".bail off\n" + statement + ";\nSELECT 'end' FROM (SELECT 1);", true,
                    /*fails=*/true);
    // 19: SQLITE_CONSTRAINT
    EXPECT_NE(output.find("(19)"), std::string::npos) << statement << ": " << output;
  }
  EXPECT_EQ(Query("PRAGMA integrity_check; PRAGMA foreign_key_check"), "ok\n");
}

}  // namespace
}  // namespace hpsearch::store
