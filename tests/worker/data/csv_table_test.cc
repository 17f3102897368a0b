#include "worker/data/csv_table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include "tests/worker/data/idx_files.h"
#include "worker/data/csv_cell.h"

namespace hpsearch::data {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

Bytes Text(const std::string& text) { return Bytes(text.begin(), text.end()); }

class CsvTableTest : public ::testing::Test {
 protected:
  absl::StatusOr<CsvTable> Read(const Bytes& bytes, std::uint64_t most = 1 << 24) {
    WriteBytes(path_, bytes);
    Digest digest;
    absl::StatusOr<CsvTable> table = CsvTable::Read(path_, most, digest);
    hash_ = digest.Hex();
    return table;
  }
  std::vector<std::vector<std::string>> Cells(const std::string& text) {
    const auto table = Read(Text(text));
    std::vector<std::vector<std::string>> rows;
    if (!table.ok()) ADD_FAILURE() << table.status();
    for (std::int64_t row = 0; table.ok() && row < table->rows(); ++row) {
      rows.emplace_back();
      for (std::int64_t column = 0; column < table->columns(); ++column) {
        rows.back().emplace_back(table->Cell(row, column));
      }
    }
    return rows;
  }
  std::string Fault(const std::string& text) {
    const absl::Status status = Read(Text(text)).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss) << status;
    EXPECT_THAT(std::string(status.message()), HasSubstr(path_ + ": "));
    return std::string(status.message());
  }

  TemporaryFolder folder_;
  const std::string path_ = folder_ / "t.csv";
  std::string hash_;
};

TEST_F(CsvTableTest, ReadsCellsAsRfc4180HasThem) {
  EXPECT_THAT(Cells("a,b\r\n1, 2 \r\n"), ElementsAre(ElementsAre("a", "b"), ElementsAre("1", "2")));
  EXPECT_THAT(Cells("\xEF\xBB\xBF"
                    "1,2\n\n3,\n\n"),
              ElementsAre(ElementsAre("1", "2"), ElementsAre("3", "")));
  EXPECT_THAT(Cells("\"a,\"\"b\"\"\nc\",\" x \"\n\"\",y"),
              ElementsAre(ElementsAre("a,\"b\"\nc", " x "), ElementsAre("", "y")));
}

TEST_F(CsvTableTest, KnowsTheLineOfARow) {
  const auto table = Read(Text("a,b\n\n\"1\n2\",3\n4,5"));
  ASSERT_TRUE(table.ok()) << table.status();
  EXPECT_EQ(table->Line(0), 1);
  EXPECT_EQ(table->Line(1), 4);
  EXPECT_EQ(table->Line(2), 5);
}

TEST_F(CsvTableTest, NamesTheLineOfAFault) {
  EXPECT_THAT(Fault("a,b\n1,2\n3\n"), HasSubstr("line 3: 1 cell, but the first line has 2"));
  EXPECT_THAT(Fault("a,b\n1,2,3\n"), HasSubstr("line 2: 3 cells, but the first line has 2"));
  EXPECT_THAT(Fault("a,b\n1,x\"y\n"), HasSubstr("line 2: a quote within a cell"));
  EXPECT_THAT(Fault("a,b\n\"1\"x,y\n"), HasSubstr("line 2: a quote within a cell, or something behind"));
  EXPECT_THAT(Fault("a,b\n1,\"y\n"), HasSubstr("the file ends within quotes"));
  EXPECT_THAT(Fault("\n\n"), HasSubstr("holds no rows"));
  EXPECT_THAT(Fault("a,\"" + std::string(3 << 20, 'x')), HasSubstr("is a quote not closed?"));
}

TEST_F(CsvTableTest, TheHashIsOfTheContents) {
  ASSERT_TRUE(Read(Text("1,2\n")).ok());
  const std::string hash = hash_;
  ASSERT_TRUE(Read(Gzip(Text("1,2\n"))).ok());
  EXPECT_EQ(hash_, hash);
  ASSERT_TRUE(Read(Text("1,3\n")).ok());
  EXPECT_NE(hash_, hash);
}

TEST_F(CsvTableTest, TakesNoMoreThanItMay) {
  const Bytes packed = Gzip(Bytes(1 << 20, ','));
  EXPECT_EQ(Read(packed, (1 << 20) - 1).status().code(), absl::StatusCode::kResourceExhausted);
  EXPECT_TRUE(Read(packed).ok());
}

// Written with every cell quoted, by the rule alone.
TEST(CsvTablePropertyTest, QuotedCellsComeBackAsTheyWere) {
  TemporaryFolder folder;
  EXPECT_TRUE(rc::check([&] {
    const int columns = *rc::gen::inRange(1, 5);
    const int rows = *rc::gen::inRange(1, 20);
    const auto alphabet = rc::gen::element('a', '1', ',', '"', '\n', '\r', ' ', '\0', '\xff');
    std::vector<std::string> cells;
    std::string text;
    for (int i = 0; i < rows * columns; ++i) {
      cells.push_back(*rc::gen::container<std::string>(alphabet));
      text += '"';
      for (const char c : cells.back()) text += c == '"' ? std::string("\"\"") : std::string(1, c);
      text += i % columns == columns - 1 ? "\"\n" : "\",";
    }
    WriteBytes(folder / "t.csv", Text(text));
    Digest digest;
    const auto table = CsvTable::Read(folder / "t.csv", 1 << 20, digest);
    RC_ASSERT(table.ok());
    RC_ASSERT(table->rows() == rows);
    for (int i = 0; i < rows * columns; ++i) RC_ASSERT(table->Cell(i / columns, i % columns) == cells[i]);
  }));
}

TEST(CsvCellTest, NumbersAreTheNearestFloat) {
  EXPECT_EQ(FloatIn("0.1"), 0.1F);
  EXPECT_EQ(FloatIn("+5"), 5.0F);
  EXPECT_EQ(FloatIn("-1e-3"), -1e-3F);
  EXPECT_EQ(FloatIn("16777217.0000001"), 16777218.0F);  // by way of a double: 16777216
  EXPECT_EQ(FloatIn("1e-60"), 0.0F);
  for (const char* text :
       {"", "x", "1x", " 1", "1e39", "-1e400", "inf", "nan", "0x10", "+-1", "++1", "1,5", "+"}) {
    EXPECT_EQ(FloatIn(text), std::nullopt) << text;
  }
}

TEST(CsvCellTest, MissingIsWhatPeopleWriteForIt) {
  for (const char* text : {"", "?", "NA", "nan", "NULL"}) EXPECT_TRUE(IsMissing(text)) << text;
  for (const char* text : {"0", "none", "-", "Na"}) EXPECT_FALSE(IsMissing(text)) << text;
}

}  // namespace
}  // namespace hpsearch::data
