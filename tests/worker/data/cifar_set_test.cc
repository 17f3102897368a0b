#include "worker/data/cifar_set.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include "tests/worker/data/idx_files.h"

namespace hpsearch::data {
namespace {

using ::testing::HasSubstr;

// Rows of the given labels, whose pixels are `first` and count on.
Bytes Rows(const std::vector<Bytes>& labels, std::uint8_t first) {
  Bytes bytes;
  for (const Bytes& of_row : labels) {
    bytes.insert(bytes.end(), of_row.begin(), of_row.end());
    for (int i = 0; i < 3072; ++i) bytes.push_back(static_cast<std::uint8_t>(first + i % 251));
    ++first;
  }
  return bytes;
}

class CifarSetTest : public ::testing::TestWithParam<bool> {
 protected:
  void Write(const std::string& stem, const Bytes& bytes) {
    WriteBytes(folder_ / (stem + (GetParam() ? ".gz" : "")), GetParam() ? Gzip(bytes) : bytes);
  }
  void WriteTen() {
    Write("data_batch_1.bin", Rows({{3}, {9}}, 0));
    Write("data_batch_2.bin", Rows({{0}}, 100));
    Write("test_batch.bin", Rows({{7}}, 50));
  }
  std::string Fault() {
    const absl::Status status = ReadCifarSet(folder_.path()).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss) << status;
    return std::string(status.message());
  }

  TemporaryFolder folder_;
};

INSTANTIATE_TEST_SUITE_P(Compression, CifarSetTest, ::testing::Bool(),
                         [](const auto& gzipped) { return gzipped.param ? "Gzipped" : "Plain"; });

TEST_P(CifarSetTest, ReadsTheBatchesInTheirOrder) {
  WriteTen();
  ASSERT_TRUE(LooksLikeCifarSet(folder_.path()));
  const auto dataset = ReadCifarSet(folder_.path());
  ASSERT_TRUE(dataset.ok()) << dataset.status();
  EXPECT_EQ(dataset->shape, (model::DatasetShape{{3, 32, 32}, 10, 3, 1}));
  EXPECT_EQ(dataset->train.labels, (Bytes{3, 9, 0}));
  EXPECT_EQ(dataset->test.labels, (Bytes{7}));
  ASSERT_EQ(dataset->train.features.size(), 3u * 3072);
  // Channels first, as on the disk: pixel (row 1, column 2) of green of the second row.
  EXPECT_EQ(dataset->train.features[3072 + 1024 + 32 + 2], 1 + (1024 + 32 + 2) % 251);
  EXPECT_EQ(dataset->train.features[2 * 3072], 100);
  EXPECT_EQ(dataset->test.features[0], 50);
}

TEST_P(CifarSetTest, TheFineLabelsOfAHundredAreTheClasses) {
  Write("train.bin", Rows({{19, 99}, {0, 4}}, 0));
  Write("test.bin", Rows({{5, 50}}, 9));
  const auto dataset = ReadCifarSet(folder_.path());
  ASSERT_TRUE(dataset.ok()) << dataset.status();
  EXPECT_EQ(dataset->shape, (model::DatasetShape{{3, 32, 32}, 100, 2, 1}));
  EXPECT_EQ(dataset->train.labels, (Bytes{99, 4}));
  EXPECT_EQ(dataset->train.features[0], 0);
  EXPECT_EQ(dataset->test.features[0], 9);
}

TEST_P(CifarSetTest, TheHashIsOfTheContents) {
  WriteTen();
  const std::string hash = ReadCifarSet(folder_.path())->hash;
  TemporaryFolder other;
  WriteBytes(other / "data_batch_1.bin", Rows({{3}, {9}}, 0));
  WriteBytes(other / "data_batch_2.bin", Rows({{0}}, 100));
  WriteBytes(other / "test_batch.bin", Rows({{7}}, 50));
  EXPECT_EQ(ReadCifarSet(other.path())->hash, hash);
  WriteBytes(other / "test_batch.bin", Rows({{7}}, 51));
  EXPECT_NE(ReadCifarSet(other.path())->hash, hash);
}

TEST_P(CifarSetTest, NamesFileRowAndFault) {
  WriteTen();
  Write("data_batch_1.bin", Rows({{3}, {10}}, 0));
  EXPECT_THAT(Fault(), HasSubstr("row 1: its label is 10; labels are 0 to 9"));
  Bytes cut = Rows({{3}, {9}}, 0);
  cut.pop_back();
  Write("data_batch_1.bin", cut);
  EXPECT_THAT(Fault(), HasSubstr("row 1: is cut short: 3072 bytes of 3073"));
  Write("data_batch_1.bin", {});
  EXPECT_THAT(Fault(), HasSubstr("holds no rows"));
  WriteTen();
  std::filesystem::remove(folder_ / (std::string("data_batch_1.bin") + (GetParam() ? ".gz" : "")));
  EXPECT_THAT(Fault(), HasSubstr("data_batch_1.bin: is missing"));
}

TEST_P(CifarSetTest, ACoarseLabelIsCheckedToo) {
  Write("train.bin", Rows({{20, 9}}, 0));
  Write("test.bin", Rows({{5, 50}}, 9));
  EXPECT_THAT(Fault(), HasSubstr("row 0: its coarse label is 20; labels are 0 to 19"));
}

TEST_P(CifarSetTest, TakesNoMoreThanItMay) {
  WriteTen();
  EXPECT_EQ(ReadCifarSet(folder_.path(), 3 * 3073).status().code(), absl::StatusCode::kResourceExhausted);
  EXPECT_TRUE(ReadCifarSet(folder_.path(), 4 * 3073).ok());
}

TEST(CifarSetPropertyTest, ADamagedFileIsWholeOrRefused) {
  TemporaryFolder folder;
  WriteBytes(folder / "test_batch.bin", Rows({{7}}, 50));
  const Bytes whole = Gzip(Rows({{3}, {9}, {1}}, 0));
  EXPECT_TRUE(rc::check([&] {
    Bytes damaged = whole;
    damaged.resize(*rc::gen::inRange<std::size_t>(0, whole.size() + 1));
    if (!damaged.empty()) damaged[*rc::gen::inRange<std::size_t>(0, damaged.size())] ^= *rc::gen::inRange(1, 256);
    WriteBytes(folder / "data_batch_1.bin", damaged);
    const auto dataset = ReadCifarSet(folder.path());
    // A flip in the gzip header (its time, its system) leaves the contents as they were.
    if (dataset.ok()) RC_ASSERT(dataset->train.labels == (Bytes{3, 9, 1}));
  }));
}

}  // namespace
}  // namespace hpsearch::data
