#include "server/store/finished_study.h"

#include <gtest/gtest.h>

#include "server/store/doctor.h"
#include "server/store/durable_rows.h"
#include "tests/server/store/sqlite_shell.h"
#include "tests/server/store/temp_folder.h"

namespace hpsearch::store {
namespace {

using hpsearch::testing::SqliteShell;
using hpsearch::testing::TempFolder;

TEST(FinishedStudy, StandsInTheViewsAsAnyOther) {
  const TempFolder folder;
  const std::string file = folder.File("one.db");
  // More than one transaction.
  ASSERT_TRUE(WriteFinishedStudy(file, {.name = "old", .spec = "{}"}, 2500, 3).ok());
  EXPECT_EQ(SqliteShell(file, "SELECT study, state, metric FROM study_summary"),
            "old|COMPLETED|validation_error\n");
  EXPECT_EQ(SqliteShell(file, "SELECT state, count(*), min(trial), max(trial), sum(epochs) FROM trial_results"),
            "COMPLETED|2500|1|2500|7500\n");
  // The objective is the curve's end, and its lowest.
  EXPECT_EQ(
      SqliteShell(file,
                  "SELECT count(*) FROM trial_results t WHERE objective = (SELECT min(validation_error) FROM "
                  "epoch_curves c WHERE c.trial = t.trial)"),
      "2500\n");
  EXPECT_EQ(SqliteShell(file, "PRAGMA foreign_key_check; PRAGMA integrity_check"), "ok\n");
  const auto diagnosis = Examine(file);
  ASSERT_TRUE(diagnosis.ok()) << diagnosis.status();
  for (const Finding& finding : diagnosis->findings.list()) ADD_FAILURE() << finding.study << ": " << finding.what;
  EXPECT_TRUE(absl::IsAlreadyExists(WriteFinishedStudy(file, {.name = "new", .spec = "{}"}, 1, 1)));
}

TEST(DurableRows, AreThoseOfTheEpochTable) {
  const TempFolder folder;
  const std::string file = folder.File("rows.db");
  const auto rate = DurableRowsPerSecond(file, 3000);
  ASSERT_TRUE(rate.ok()) << rate.status();
  EXPECT_GT(*rate, 0);
  EXPECT_EQ(SqliteShell(file, "SELECT count(*), count(DISTINCT trial), max(epoch) FROM epoch_curves"),
            "3000|3|1000\n");
}

}  // namespace
}  // namespace hpsearch::store
