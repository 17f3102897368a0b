#include "worker/data/npy_set.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/worker/data/npy_files.h"

namespace hpsearch::data {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class NpySetTest : public ::testing::Test {
 protected:
  NpySetTest() {
    Write("x_train.npy", NpyBytes("'<f4'", "(3, 2)", BytesOf<float>({1, 2, 3, 4, 5, 6})));
    Write("y_train.npy", NpyBytes("'<i8'", "(3,)", BytesOf<std::int64_t>({1, 0, 2})));
  }
  void Write(const std::string& file, const Bytes& bytes) { WriteBytes(folder_ / file, bytes); }
  std::string Fault() {
    const absl::Status status = ReadNpySet(folder_.path()).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss) << status;
    return std::string(status.message());
  }

  TemporaryFolder folder_;
};

TEST_F(NpySetTest, HasNoTestPartWhereThereIsNone) {
  EXPECT_TRUE(LooksLikeNpySet(folder_.path()));
  const auto dataset = ReadNpySet(folder_.path());
  ASSERT_TRUE(dataset.ok()) << dataset.status();
  EXPECT_EQ(dataset->shape, (model::DatasetShape{{2}, 3, 3, 0}));
  EXPECT_THAT(dataset->train.values, ElementsAre(1, 2, 3, 4, 5, 6));
  EXPECT_THAT(dataset->train.labels, ElementsAre(1, 0, 2));
  EXPECT_FALSE(dataset->of_bytes());
}

TEST_F(NpySetTest, ReadsTheTestPartGzippedAsWell) {
  const std::string hash = ReadNpySet(folder_.path())->hash;
  Write("x_test.npy.gz", Gzip(NpyBytes("'<f8'", "(1, 2)", BytesOf<double>({7, 8}))));
  Write("y_test.npy.gz", Gzip(NpyBytes("'|u1'", "(1,)", {2})));
  const auto dataset = ReadNpySet(folder_.path());
  ASSERT_TRUE(dataset.ok()) << dataset.status();
  EXPECT_EQ(dataset->shape, (model::DatasetShape{{2}, 3, 3, 1}));
  EXPECT_THAT(dataset->test.values, ElementsAre(7, 8));
  EXPECT_NE(dataset->hash, hash);
}

TEST_F(NpySetTest, FloatsAreARegressionsTargets) {
  const std::string of_classes = ReadNpySet(folder_.path())->hash;
  Write("y_train.npy", NpyBytes("'<f8'", "(3, 1)", BytesOf<double>({0.5, -2, 1e3})));
  const auto dataset = ReadNpySet(folder_.path());
  ASSERT_TRUE(dataset.ok()) << dataset.status();
  EXPECT_EQ(dataset->shape, (model::DatasetShape{.sample = {2}, .train_rows = 3, .numbers = true}));
  EXPECT_THAT(dataset->train.targets, ElementsAre(0.5, -2, 1000));
  EXPECT_TRUE(dataset->train.labels.empty());
  EXPECT_EQ(dataset->train.rows(), 3);
  EXPECT_THAT(dataset->no_classes, HasSubstr("y_train.npy holds floats, a regression's targets"));
  EXPECT_NE(dataset->hash, of_classes);
  Write("y_train.npy", NpyBytes("'<f4'", "(3,)", BytesOf<float>({0.5, -2, 999})));
  EXPECT_NE(ReadNpySet(folder_.path())->hash, dataset->hash) << "targets are content";

  Write("x_test.npy", NpyBytes("'<f4'", "(1, 2)", BytesOf<float>({7, 8})));
  Write("y_test.npy", NpyBytes("'<i8'", "(1,)", BytesOf<std::int64_t>({1})));
  EXPECT_THAT(Fault(), HasSubstr("y_test.npy: holds integers, but y_train.npy holds floats"));
  Write("y_test.npy", NpyBytes("'<f8'", "(1,)", BytesOf<double>({1e39})));
  EXPECT_THAT(Fault(), HasSubstr("y_test.npy: row 0: target 0 is 1e+39; finite numbers that fit a float"));
  Write("y_test.npy", NpyBytes("'<f8'", "(2,)", BytesOf<double>({1, 2})));
  EXPECT_THAT(Fault(), HasSubstr("y_test.npy: 2 targets, but x_test.npy has 1 rows"));
}

TEST_F(NpySetTest, ChecksTheArraysAgainstEachOther) {
  Write("x_test.npy", NpyBytes("'<f4'", "(1, 3)", BytesOf<float>({7, 8, 9})));
  EXPECT_THAT(Fault(), HasSubstr("y_test.npy: is missing"));
  Write("y_test.npy", NpyBytes("'|u1'", "(1,)", {2}));
  EXPECT_THAT(Fault(), HasSubstr("x_test.npy: samples of 3, but those of x_train.npy are 2"));
  Write("x_test.npy", NpyBytes("'|u1'", "(1, 2)", {7, 8}));
  EXPECT_THAT(Fault(), HasSubstr("x_test.npy: elements of another type"));
  Write("x_test.npy", NpyBytes("'<f4'", "(1, 2)", BytesOf<float>({7, 8})));
  Write("y_test.npy", NpyBytes("'|u1'", "(1,)", {3}));
  EXPECT_THAT(Fault(), HasSubstr("y_test.npy: row 0 has label 3, but those of y_train.npy end at 2"));
  Write("y_train.npy", NpyBytes("'<i8'", "(2,)", BytesOf<std::int64_t>({1, 0})));
  EXPECT_THAT(Fault(), HasSubstr("y_train.npy: 2 labels, but x_train.npy has 3 rows"));
}

}  // namespace
}  // namespace hpsearch::data
