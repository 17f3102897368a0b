// A curve's rows carry the checksum of their values, however they were written; the store goes on from no other.
#include "server/store/row_checksum.h"

#include <SQLiteCpp/Database.h>
#include <SQLiteCpp/Statement.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "tests/server/store/open_sqlite.h"
#include "tests/server/store/sample_database.h"
#include "tests/server/store/temp_folder.h"

namespace hpsearch::store {
namespace {

using hpsearch::testing::OpenSqlite;
using hpsearch::testing::TempFolder;
using ::testing::HasSubstr;

// A connection that is no store's.
class Connection {
 public:
  explicit Connection(const std::string& file) : database_(file, SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE) {
    AddRowChecksum(database_);
  }
  std::int64_t Integer(const std::string& sql) { return database_.execAndGet(sql).getInt64(); }
  void Run(const std::string& sql) { database_.exec(sql); }

 private:
  SQLite::Database database_;
};

constexpr char kUnsound[] =
    "SELECT (SELECT count(*) FROM epochs WHERE checksum IS NOT row_checksum(study, trial, epoch, train_loss, "
    "train_error, validation_loss, validation_error, learning_rate, seconds, reported_at, gradient_norm, "
    "weight_norm, "
    "samples_per_second)) + "
    "(SELECT count(*) FROM metrics WHERE checksum IS NOT row_checksum(study, trial, epoch, metric, value))";

class RowChecksumTest : public ::testing::Test {
 protected:
  RowChecksumTest() { testing::WriteSample(store_, 6); }

  const TempFolder folder_;
  const std::string file_ = folder_.File("studies.db");
  OpenSqlite store_{file_};
};

TEST(RowChecksum, IsTheSameInSqlAndInCpp) {
  Connection sql(":memory:");
  EXPECT_EQ(sql.Integer("SELECT row_checksum(1, -7, 0.1, NULL, 'train_mae', 1e300)"),
            RowChecksum(1, std::int64_t{-7}, 0.1, std::optional<double>(), std::string("train_mae"), 1e300));
  sql.Run("CREATE TABLE t (value REAL) STRICT; INSERT INTO t VALUES (-0.0)");
  EXPECT_EQ(sql.Integer("SELECT row_checksum(value) FROM t"), RowChecksum(-0.0));
}

TEST(RowChecksum, TellsTypesPlacesAndLengthsApart) {
  Connection sql(":memory:");
  std::set<std::int64_t> checksums;
  const std::string long_text = "'" + std::string(300, 'a') + "'", another = "'" + std::string(299, 'a') + "b'";
  const std::vector<std::string> rows = {"",
                                         "NULL",
                                         "NULL, NULL",
                                         "0",
                                         "0.0",
                                         "1",
                                         "1.0",
                                         "''",
                                         "'a'",
                                         "x'61'",
                                         "1, 0",
                                         "0, 1",
                                         "-1",
                                         "9e-324",
                                         "'a', ''",
                                         "'', 'a'",
                                         "'ab', ''",
                                         "'a', 'b'",
                                         long_text,
                                         another,
                                         long_text + ", 1",
                                         long_text + ", 2",
                                         "1, " + long_text,
                                         "2, " + long_text};
  for (const std::string& row : rows) checksums.insert(sql.Integer("SELECT row_checksum(" + row + ")"));
  EXPECT_EQ(checksums.size(), rows.size());
}

TEST_F(RowChecksumTest, EveryRowHasItsOwn) {
  Connection other(file_);
  EXPECT_EQ(other.Integer("SELECT count(*) FROM epochs WHERE study = 1 AND trial = 7"), 10) << "a copied curve";
  EXPECT_EQ(other.Integer("SELECT count(*) FROM metrics WHERE study = 1 AND trial = 7"), 40);
  EXPECT_EQ(other.Integer(kUnsound), 0);
  // The same values under another trial's number are another row.
  EXPECT_EQ(other.Integer("SELECT count(DISTINCT checksum) FROM epochs WHERE study = 1 AND epoch = 1"), 7);
}

TEST_F(RowChecksumTest, AnEpochThatIsReportedAgainKeepsItsOwn) {
  Connection other(file_);
  const std::string sum = "SELECT checksum FROM epochs WHERE study = 2 AND trial = 5 AND epoch = 1";
  const std::int64_t before = other.Integer(sum);
  study::EpochRecord again = study::SampleEpoch(1);
  again.seconds = 99;
  EXPECT_TRUE(store_.Commit({study::AppendEpochs{2, 5, 1, {again}}}).ok());
  EXPECT_EQ(other.Integer(sum), before);
  EXPECT_EQ(other.Integer(kUnsound), 0);
}

// What SQLite alone would have gone on from.
TEST_F(RowChecksumTest, TheStoreGoesOnFromNoRowThatWasChanged) {
  Connection(file_).Run(
      "UPDATE epochs SET validation_loss = validation_loss + 1e-15 "
      "WHERE study = 2 AND trial = 5 AND epoch = 3");
  for (const absl::Status& status : {store_->LoadOpenStudies().status(), store_->LoadStudy(2, {5}).status(),
                                     store_.Commit({study::AppendEpochs{2, 5, 1, {study::SampleEpoch(3)}}}),
                                     store_.Commit({study::CopyEpochs{2, 5, 6, 4}})}) {
    EXPECT_EQ(status.code(), absl::StatusCode::kInternal) << status;
    EXPECT_THAT(std::string(status.message()), HasSubstr("study 2, trial 5, epoch 3"));
  }
  EXPECT_TRUE(store_->LoadStudy(2, {4}).ok()) << "the others' curves are whole";
}

TEST_F(RowChecksumTest, NorFromAMetricThatWasChanged) {
  Connection(file_).Run(
      "UPDATE metrics SET value = 0.25 WHERE study = 1 AND trial = 1 AND epoch = 2 "
      "AND metric = 'train_r2'");
  for (const absl::Status& status :
       {store_->LoadStudy(1, {1}).status(), store_.Commit({study::CopyEpochs{1, 1, 6, 10}})}) {
    EXPECT_EQ(status.code(), absl::StatusCode::kInternal) << status;
    EXPECT_THAT(std::string(status.message()), HasSubstr("study 1, trial 1, epoch 2"));
  }
}

}  // namespace
}  // namespace hpsearch::store
