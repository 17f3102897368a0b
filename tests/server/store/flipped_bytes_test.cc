// hpsearch doctor finds every byte of a curve that was flipped: each bit of each value, changed as any program
// can, and each byte of the rows in the pages that hold them, changed as a disk does. By hand, to each other byte:
// HPSEARCH_FLIPS=255 build/tests/server_store_test --gtest_filter='FlippedBytes*'.
#include <SQLiteCpp/Database.h>
#include <SQLiteCpp/Statement.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "server/store/doctor.h"
#include "tests/server/store/damage.h"
#include "tests/server/store/open_sqlite.h"
#include "tests/server/store/sample_database.h"
#include "tests/server/store/temp_folder.h"

namespace hpsearch::store {
namespace {

using hpsearch::testing::OpenSqlite;
using hpsearch::testing::TempFolder;

constexpr std::size_t kPage = 4096;

class FlippedBytesTest : public ::testing::Test {
 protected:
  FlippedBytesTest() {
    // A trial of three epochs with metrics; the last of them with what is not finite.
    study::StudyRecord study = study::SampleStudy(1, "mlp");
    study.spec = R"({"training":{"metrics":["mae","r2"]}})";
    study.next_trial = 2;
    study.started_at = study.created_at;
    study::TrialRecord trial = testing::SampleTrialOf(1, 1, study::TrialState::kRunning, 3);
    trial.objective = study::SampleEpoch(2).validation_error;
    trial.best_epoch = 2;
    study::Batch batch = {study::PutStudy{study}, study::PutRound{study::SampleRound(1)}};
    testing::AddTrial(batch, trial, true);
    study::EpochRecord& last = std::get<study::AppendEpochs>(batch.back()).epochs.back();
    last.train_error = last.validation_error = last.gradient_norm = std::nan("");
    OpenSqlite store(file_);
    EXPECT_TRUE(store.Commit(std::move(batch)).ok());
  }

  bool Named(std::int64_t epoch) const {
    const absl::StatusOr<Diagnosis> diagnosis = Examine(file_);
    if (!diagnosis.ok()) return false;
    const std::vector<Finding>& list = diagnosis->findings.list();
    return std::any_of(list.begin(), list.end(), [epoch](const Finding& finding) {
      return finding.study == "mlp" && finding.trial == 1 && finding.epoch == epoch;
    });
  }
  bool Found() const {
    const absl::StatusOr<Diagnosis> diagnosis = Examine(file_);
    return !diagnosis.ok() || !diagnosis->findings.list().empty();
  }

  const TempFolder folder_;
  const std::string file_ = folder_.File("studies.db");
};

// One value of one row, and the others that one bit makes of it.
struct Cell {
  std::string table, column, row;  // what stands behind WHERE
  std::int64_t epoch = 0;
};

std::vector<Cell> Cells() {
  std::vector<Cell> cells;
  for (const std::string column :
       {"train_loss", "train_error", "validation_loss", "validation_error", "learning_rate", "seconds",
        "reported_at", "gradient_norm", "weight_norm", "samples_per_second", "checksum"}) {
    cells.push_back({"epochs", column, "epoch = 2", 2});
  }
  for (const std::string column : {"train_error", "gradient_norm"}) {  // NULL
    cells.push_back({"epochs", column, "epoch = 3", 3});
  }
  for (const std::string column : {"value", "checksum"}) {
    cells.push_back({"metrics", column, "epoch = 2 AND metric = 'validation_mae'", 2});
  }
  cells.push_back({"metrics", "value", "epoch = 2 AND metric = 'validation_r2'", 2});  // NULL
  return cells;
}

TEST_F(FlippedBytesTest, OfEveryValueAreNamedByStudyTrialAndEpoch) {
  ASSERT_FALSE(Found());
  SQLite::Database database(file_, SQLite::OPEN_READWRITE);
  database.exec("PRAGMA synchronous = OFF");
  int flips = 0;
  for (const Cell& cell : Cells()) {
    SQLite::Statement read(database, "SELECT " + cell.column + " FROM " + cell.table + " WHERE " + cell.row);
    SQLite::Statement write(database, "UPDATE " + cell.table + " SET " + cell.column + " = ?1 WHERE " + cell.row);
    ASSERT_TRUE(read.executeStep());
    const SQLite::Column value = read.getColumn(0);
    const bool null = value.isNull(), real = value.isFloat();
    const auto bits =
        real ? std::bit_cast<std::uint64_t>(value.getDouble()) : static_cast<std::uint64_t>(value.getInt64());
    read.reset();
    const auto set = [&](std::uint64_t to) {
      if (real || null) {
        write.bind(1, std::bit_cast<double>(to));
      } else {
        write.bind(1, static_cast<std::int64_t>(to));
      }
      EXPECT_EQ(write.exec(), 1);
      write.reset();
    };
    for (int bit = 0; bit < 64; ++bit) {
      const std::uint64_t flipped = bits ^ std::uint64_t{1} << bit;
      if (real && std::isnan(std::bit_cast<double>(flipped))) continue;  // no value that SQLite has
      set(flipped);
      ++flips;
      ASSERT_TRUE(Named(cell.epoch)) << cell.table << "." << cell.column << ", bit " << bit;
    }
    if (null) {
      write.bind(1);
      EXPECT_EQ(write.exec(), 1);
      write.reset();
    } else {
      set(bits);
    }
    ASSERT_FALSE(Found()) << cell.column << " is as it was";
  }
  EXPECT_GT(flips, 900);
}

// Where the rows stand in a leaf page of a tree: https://sqlite.org/fileformat.html, "B-tree Pages".
std::pair<std::size_t, std::size_t> CellsOf(const std::string& bytes, std::size_t page) {
  const auto word = [&](std::size_t at) {
    return static_cast<std::size_t>(static_cast<unsigned char>(bytes[page + at])) << 8 |
           static_cast<unsigned char>(bytes[page + at + 1]);
  };
  EXPECT_EQ(bytes[page], 10) << "a leaf";
  std::size_t first = kPage;
  for (std::size_t cell = 0; cell < word(3); ++cell) first = std::min(first, word(8 + 2 * cell));
  return {page + first, page + kPage};
}

TEST_F(FlippedBytesTest, OfEveryRowOnTheDiskAreFound) {
  std::vector<std::size_t> pages;
  {
    SQLite::Database database(file_, SQLite::OPEN_READONLY);
    SQLite::Statement query(database, "SELECT pageno FROM dbstat WHERE name IN ('epochs', 'metrics')");
    while (query.executeStep())
      pages.push_back(static_cast<std::size_t>(query.getColumn(0).getInt64() - 1) * kPage);
  }
  ASSERT_EQ(pages.size(), 2U);
  const std::string whole = testing::ReadFile(file_);
  const char* asked = std::getenv("HPSEARCH_FLIPS");
  const int patterns = asked != nullptr ? std::atoi(asked) : 1;
  int flips = 0;
  for (const std::size_t page : pages) {
    const auto [first, end] = CellsOf(whole, page);
    for (std::size_t at = first; at < end; ++at) {
      for (int pattern = 1; pattern <= patterns; ++pattern) {
        const int flip = patterns == 1 ? 1 << at % 8 : pattern;
        // A NULL spelled by a type that SQLite reserves: no value is another.
        if (whole[at] == 0 && (flip == 10 || flip == 11)) continue;
        std::string bytes = whole;
        bytes[at] = static_cast<char>(bytes[at] ^ flip);
        testing::WriteFile(file_, bytes);
        ++flips;
        EXPECT_TRUE(Found()) << "byte " << at - page << " of page " << page / kPage + 1 << " xor " << flip
                             << ", was " << static_cast<int>(whole[at]);
      }
    }
  }
  EXPECT_GT(flips, 600);
}

}  // namespace
}  // namespace hpsearch::store
