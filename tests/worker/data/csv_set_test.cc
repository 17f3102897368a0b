#include "worker/data/csv_set.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <cmath>

#include "tests/worker/data/idx_files.h"

namespace hpsearch::data {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

using Columns = std::vector<model::Column>;

class CsvSetTest : public ::testing::Test {
 protected:
  absl::StatusOr<Dataset> Read(const std::string& text, const model::DatasetSpec& spec = {}) {
    WriteBytes(path_, Bytes(text.begin(), text.end()));
    return ReadCsvSet(path_, spec);
  }
  std::string Fault(const std::string& text, const model::DatasetSpec& spec = {}) {
    const absl::Status status = Read(text, spec).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << status;
    return std::string(status.message());
  }

  TemporaryFolder folder_;
  const std::string path_ = folder_ / "t.csv";
};

TEST_F(CsvSetTest, TheLastColumnIsLearntAndTheOthersAreNumbers) {
  const auto set = Read("1,2.5,0\n3,-4,2\n5,6e1,0\n");
  ASSERT_TRUE(set.ok()) << set.status();
  EXPECT_EQ(set->shape, (model::DatasetShape{.sample = {2}, .classes = 2, .train_rows = 3, .numbers = true}));
  EXPECT_THAT(set->train.values, ElementsAre(1, 2.5, 3, -4, 5, 60));
  EXPECT_THAT(set->train.targets, ElementsAre(0, 2, 0)) << "integers are numbers, too";
  EXPECT_THAT(set->train.labels, ElementsAre(0, 1, 0));
  EXPECT_THAT(set->class_values, ElementsAre(0, 2));
  EXPECT_THAT(set->class_names, ElementsAre("0", "2"));
  EXPECT_EQ(set->validation_from, model::ValidationFrom::kRandom);
}

TEST_F(CsvSetTest, AHeaderIsALineWithoutNumbersUnlessTheStudySays) {
  EXPECT_EQ(Read("a,b\n1,0\n2,1\n")->train.rows(), 2);
  EXPECT_EQ(Read("1,0\n2,1\n")->train.rows(), 2);
  EXPECT_EQ(Read("1,0\n2,1\n", {.header = true})->train.rows(), 1);
  EXPECT_EQ(Read("a,x\na,y\n", {.header = false, .categorical = Columns{0}})->train.rows(), 2);
}

TEST_F(CsvSetTest, ColumnsAreNamedByNameOrIndex) {
  const std::string text = "id,class,x,y\n7,b,1,2\n8,a,3,4\n";
  for (const model::DatasetSpec& spec : {model::DatasetSpec{.target = "class", .drop = Columns{"id"}},
                                         {.target = 1, .drop = Columns{0}},
                                         {.target = -3, .drop = Columns{-4}}}) {
    const auto set = Read(text, spec);
    ASSERT_TRUE(set.ok()) << set.status();
    EXPECT_THAT(set->train.values, ElementsAre(1, 2, 3, 4));
    EXPECT_THAT(set->train.labels, ElementsAre(1, 0));
    EXPECT_THAT(set->class_names, ElementsAre("a", "b"));
    EXPECT_THAT(set->class_values, IsEmpty());
  }
}

TEST_F(CsvSetTest, CategoricalColumnsAreOneHotWhereTheyStand) {
  const auto set = Read("1,red,10,0\n2,blue,9,1\n3,red,10,1\n", {.categorical = Columns{2, 1}});
  ASSERT_TRUE(set.ok()) << set.status();
  // x, blue, red, 9, 10: texts by their bytes, numbers by size.
  EXPECT_EQ(set->shape.sample, (model::Shape{5}));
  EXPECT_THAT(set->train.values, ElementsAre(1, 0, 1, 0, 1, 2, 1, 0, 1, 0, 3, 0, 1, 0, 1));
}

TEST_F(CsvSetTest, IntegersAreClassesBySizeHoweverTheyAreSpelled) {
  const auto set = Read("1,10\n1,9\n1,9.0\n1,-1\n");
  ASSERT_TRUE(set.ok()) << set.status();
  EXPECT_THAT(set->class_values, ElementsAre(-1, 9, 10));
  EXPECT_THAT(set->train.labels, ElementsAre(2, 1, 1, 0));
}

TEST_F(CsvSetTest, NamesTheCellThatIsMissingOrNoNumber) {
  EXPECT_THAT(
      Fault("x,age,c\n1,2,0\n1,?,1\n"),
      AllOf(HasSubstr("dataset: " + path_ + ": row 1 (line 3), column 1 (age): '?' stands for a missing")));
  EXPECT_THAT(Fault("1,2,0\n1,,1\n"), HasSubstr("row 1 (line 2), column 1: the value is missing"));
  EXPECT_THAT(Fault("1,a,0\n1,,1\n", {.categorical = Columns{1}}), HasSubstr("column 1: the value is missing"));
  EXPECT_THAT(Fault("1,2,0\n1,3,\n"), HasSubstr("row 1 (line 2), column 2: the value is missing"));
  EXPECT_THAT(Fault("1,2,0\n1,red,1\n"),
              HasSubstr("row 1 (line 2), column 1: 'red' is no number that fits a float; categorical: [1] makes"));
  EXPECT_THAT(Fault("1,1e39,0\n"), HasSubstr("'1e39' is no number that fits"));
  EXPECT_TRUE(Read("1,?,0\n1,x,1\n", {.drop = Columns{1}}).ok());
}

TEST_F(CsvSetTest, NamesTheKeyThatDoesNotFit) {
  const std::string text = "id,class,x\n7,b,1\n8,a,3\n";
  EXPECT_THAT(Fault(text, {.target = "clas"}),
              HasSubstr("dataset.target: unknown column 'clas'; there are: id, class"));
  EXPECT_THAT(Fault(text, {.drop = Columns{3}}), HasSubstr("dataset.drop: there is no column 3;"));
  EXPECT_THAT(Fault(text, {.target = 0, .categorical = Columns{"id"}}),
              HasSubstr("dataset.categorical: column 0 stands under 'target' already"));
  EXPECT_THAT(Fault("1,2\n", {.target = "x"}),
              HasSubstr("dataset.target: the first line of " + path_ + " names no"));
  EXPECT_THAT(Fault("a,a,b\n1,2,3\n", {.target = "a"}), HasSubstr("two columns are named 'a'"));
  EXPECT_THAT(Fault("1;2\n3;4\n"), HasSubstr("has one column, and none is left to learn from"));
  EXPECT_THAT(Fault("1,0.5\n2,1e39\n"), HasSubstr("dataset.target: column 1 of " + path_ +
                                                  " holds numbers that are no integers; a classification wants a "
                                                  "column of classes, a regression numbers that fit a float"));
  std::string many;
  for (int i = 0; i < 300; ++i) many += "1,t" + std::to_string(i) + "\n";
  EXPECT_THAT(Fault(many), HasSubstr("300 different values; at most 256 classes are taken"));
}

TEST_F(CsvSetTest, NumbersAreARegressionsTargets) {
  const auto set = Read("x,y\n1,0.5\n2,-3\n3,1e3\n");
  ASSERT_TRUE(set.ok()) << set.status();
  EXPECT_EQ(set->shape, (model::DatasetShape{.sample = {1}, .train_rows = 3, .numbers = true}));
  EXPECT_THAT(set->train.targets, ElementsAre(0.5, -3, 1000));
  EXPECT_THAT(set->train.labels, IsEmpty());
  EXPECT_THAT(set->class_names, IsEmpty());
  EXPECT_EQ(set->no_classes,
            "dataset.target: column 1 (y) of " + path_ +
                " holds numbers that are no integers; a classification wants a column of classes, "
                "a regression takes them");
  std::string many;
  for (int i = 0; i < 300; ++i) many += "1," + std::to_string(i) + "\n";
  const auto integers = Read(many);
  ASSERT_TRUE(integers.ok()) << integers.status();
  EXPECT_EQ(integers->shape.classes, 0);
  EXPECT_EQ(integers->train.targets.size(), 300U);
  EXPECT_THAT(integers->no_classes,
              HasSubstr("300 different values; at most 256 classes are taken; a regression"));
  EXPECT_FALSE(Read("1,a\n2,b\n")->shape.numbers);
}

TEST_F(CsvSetTest, TestTargetsThatAreNoClassAreNumbersAllTheSame) {
  const auto write = [&](const std::string& name, const std::string& text) {
    WriteBytes(folder_ / name, Bytes(text.begin(), text.end()));
  };
  write("train.csv", "x,y\n1,4\n2,6\n");
  write("test.csv", "x,y\n3,4\n3,5\n");
  const auto set = ReadCsvSet(folder_.path(), {});
  ASSERT_TRUE(set.ok()) << set.status();
  EXPECT_EQ(set->shape, (model::DatasetShape{.sample = {1}, .train_rows = 2, .test_rows = 2, .numbers = true}));
  EXPECT_THAT(set->test.targets, ElementsAre(4, 5));
  EXPECT_THAT(set->train.labels, IsEmpty());
  EXPECT_THAT(set->no_classes,
              HasSubstr("test.csv: row 1 (line 3), column 1 (y): '5' is no class of the file to"));
  write("test.csv", "x,y\n3,4\n3,high\n");
  EXPECT_THAT(std::string(ReadCsvSet(folder_.path(), {}).status().message()), HasSubstr("'high' is no class"));
  write("train.csv", "x,y\n1,4.5\n2,6\n");
  EXPECT_THAT(std::string(ReadCsvSet(folder_.path(), {}).status().message()),
              HasSubstr("row 1 (line 3), column 1 (y): 'high' is no number that fits a float"));
}

TEST_F(CsvSetTest, AFolderHasATestPart) {
  const auto write = [&](const std::string& name, const std::string& text) {
    WriteBytes(folder_ / name, Bytes(text.begin(), text.end()));
  };
  write("train.csv", "x,c,k\n1,red,b\n2,blue,a\n");
  write("test.csv", "x,c,k\n3,green,b\n");
  EXPECT_TRUE(LooksLikeCsvSet(folder_.path()));
  const auto set = ReadCsvSet(folder_.path(), {.categorical = Columns{"c"}});
  ASSERT_TRUE(set.ok()) << set.status();
  EXPECT_EQ(set->shape, (model::DatasetShape{{3}, 2, 2, 1}));
  EXPECT_THAT(set->test.values, ElementsAre(3, 0, 0));  // green stands in no row to train on
  EXPECT_THAT(set->test.labels, ElementsAre(1));
  write("test.csv", "x,c,k\n3,red,z\n");
  EXPECT_THAT(std::string(ReadCsvSet(folder_.path(), {.categorical = Columns{"c"}}).status().message()),
              HasSubstr("test.csv: row 0 (line 2), column 2 (k): 'z' is no class of the file to train on"));
  write("test.csv", "x,k,c\n3,red,b\n");
  EXPECT_THAT(std::string(ReadCsvSet(folder_.path(), {.categorical = Columns{"c"}}).status().message()),
              HasSubstr("test.csv: column 1 is named 'k', but 'c' in train.csv"));
  write("test.csv", "x,c\n3,red\n");
  EXPECT_EQ(ReadCsvSet(folder_.path(), {}).status().code(), absl::StatusCode::kDataLoss);
}

TEST_F(CsvSetTest, ATableHasOneHashForAllMappings) {
  const auto set = Read("1,2,0\n3,4,1\n");
  const auto table = ReadCsvTable(path_);
  ASSERT_TRUE(table.ok()) << table.status();
  EXPECT_EQ(table->shape, (model::DatasetShape{.sample = {3}, .train_rows = 2, .table = true}));
  EXPECT_EQ(table->hash, set->hash);
  EXPECT_EQ(ReadCsvSet(path_, {.target = 0})->hash, set->hash);
  EXPECT_NE(Read("1,2,0\n3,4,0\n")->hash, set->hash);
}

TEST_F(CsvSetTest, IsKnownByItsNameWithoutWhatFollows) {
  for (const char* name : {"a.csv", "a.csv.gz", "a.data", "a.data.gz"}) EXPECT_EQ(CsvSetName(name), "a");
  for (const char* name : {"a", "a.gz", ".csv", "a.csv.bak"}) EXPECT_EQ(CsvSetName(name), name);
  WriteBytes(folder_ / "a.data", {});
  EXPECT_TRUE(LooksLikeCsvSet(folder_ / "a.data"));
  EXPECT_FALSE(LooksLikeCsvSet(folder_ / "b.data"));
}

TEST(CsvSetPropertyTest, DamagedFilesNeitherCrashNorFillTheMemory) {
  TemporaryFolder folder;
  const std::string text = "id,colour,x,class\n1,red,0.5,a\n2,\"blue,\"\"light\",1e3,b\n3,red,-7,a\n";
  const Bytes plain(text.begin(), text.end());
  const Bytes packed = Gzip(plain);
  EXPECT_TRUE(rc::check([&] {
    Bytes damaged = *rc::gen::element(plain, packed);
    damaged.resize(*rc::gen::inRange<std::size_t>(0, damaged.size() + 1));
    for (int flips = *rc::gen::inRange(0, 4); flips > 0 && !damaged.empty(); --flips) {
      damaged[*rc::gen::inRange<std::size_t>(0, damaged.size())] ^= *rc::gen::inRange(1, 256);
    }
    WriteBytes(folder / "t.csv", damaged);
    const auto set = ReadCsvSet(folder / "t.csv", {.categorical = Columns{1}});
    if (!set.ok()) return;
    RC_ASSERT(set->train.elements() == set->train.rows() * set->shape.sample[0]);
    for (const float value : set->train.values) RC_ASSERT(std::isfinite(value));
    for (const std::uint8_t label : set->train.labels) RC_ASSERT(label < set->shape.classes);
  }));
}

}  // namespace
}  // namespace hpsearch::data
