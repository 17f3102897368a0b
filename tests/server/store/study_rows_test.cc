// How SQLite goes about the reader's own statements, in a file where it expects a million trials of a study.
#include "server/store/study_rows.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "server/store/database.h"
#include "server/store/trial_order.h"
#include "tests/server/store/open_sqlite.h"
#include "tests/server/store/sqlite_shell.h"
#include "tests/server/store/temp_folder.h"
#include "tests/server/study/record_samples.h"

namespace hpsearch::store {
namespace {

using ::testing::HasSubstr;
using testing::OpenSqlite;
using testing::SqliteShell;
using testing::TempFolder;

class StudyRowsTest : public ::testing::Test {
 protected:
  StudyRowsTest() : file_(folder_.File("studies.db")) {
    EXPECT_TRUE(OpenSqlite(file_).Commit({study::PutStudy{study::SampleStudy(1, "mlp")}}).ok());
    database_ = OpenToRead(file_).value();
  }
  std::string Plan(const std::string& sql) { return SqliteShell(file_, "EXPLAIN QUERY PLAN " + sql); }
  std::string TrialsPlan(const TrialQuery& query) {
    Statements statements(*database_);
    const absl::StatusOr<std::string> sql = Select(statements, query);
    EXPECT_TRUE(sql.ok()) << sql.status();
    return Plan(sql.value_or(""));
  }

  TempFolder folder_;
  const std::string file_;
  std::unique_ptr<SQLite::Database> database_;
};

TEST_F(StudyRowsTest, AreReadByTheirKey) {
  for (const char* sql : {StudySql(Detail::kWhole), StudySql(Detail::kWithoutSpec), StudiesSql(), TrialSql(),
                          CurveSql(), CurvesSql(), CurveMetricsSql(), CurvesMetricsSql()}) {
    const std::string plan = Plan(sql);
    EXPECT_THAT(plan, HasSubstr("SEARCH")) << sql;
    EXPECT_EQ(plan.find("SCAN"), std::string::npos) << sql << "\n" << plan;
    EXPECT_EQ(plan.find("TEMP B-TREE"), std::string::npos) << sql << "\n" << plan;
  }
}

TEST_F(StudyRowsTest, WorkersCountTheTrialsThatRunAlone) {
  EXPECT_THAT(Plan(WorkersSql()), HasSubstr("running_trials_by_worker"));
}

TEST_F(StudyRowsTest, TrialsSortWithinTheirStudyAlone) {
  for (const char* key :
       {"trial", "objective", "round", "state", "epochs", "seconds", "started_at", "finished_at", "rate"}) {
    for (const bool descending : {false, true}) {
      const std::string plan = TrialsPlan({.study = "mlp", .sort = key, .descending = descending});
      EXPECT_THAT(plan, HasSubstr("SEARCH t USING")) << key;
      EXPECT_EQ(plan.find("SCAN"), std::string::npos) << key << "\n" << plan;
    }
  }
}

// The keys of the pages that people look at: no page of a large study walks through all of it.
TEST_F(StudyRowsTest, TheCommonOrdersComeFromAnIndex) {
  for (const char* key : {"trial", "objective", "round", "state"}) {
    const std::string plan = TrialsPlan({.study = "mlp", .sort = key});
    EXPECT_EQ(plan.find("TEMP B-TREE"), std::string::npos) << key << "\n" << plan;
    const std::string down = TrialsPlan({.study = "mlp", .sort = key, .descending = true});
    EXPECT_EQ(down.find("TEMP B-TREE FOR ORDER BY"), std::string::npos) << key << "\n" << down;
  }
  const std::string plan = TrialsPlan({.study = "mlp", .state = "RUNNING"});
  EXPECT_THAT(plan, HasSubstr("trials_by_state"));
  EXPECT_EQ(plan.find("TEMP B-TREE"), std::string::npos) << plan;
}

}  // namespace
}  // namespace hpsearch::store
