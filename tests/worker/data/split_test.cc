#include "worker/data/split.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <algorithm>

namespace hpsearch::data {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::shared_ptr<const Dataset> WithLabels(std::vector<std::uint8_t> train, std::vector<std::uint8_t> test,
                                          std::int64_t classes) {
  auto dataset = std::make_shared<Dataset>();
  dataset->key = "tiny";
  dataset->train = {std::vector<std::uint8_t>(train.size()), train};
  dataset->test = {std::vector<std::uint8_t>(test.size()), test};
  dataset->shape = {{1}, classes, dataset->train.rows(), dataset->test.rows()};
  return dataset;
}

TEST(SplitTest, TheLastRowsValidate) {
  const auto dataset = WithLabels({0, 1, 2, 0, 1, 2, 0}, {0}, 3);
  const absl::StatusOr<Split> split = MakeSplit(dataset, {}, 0.25);  // int(7 * 0.75) = 5
  ASSERT_TRUE(split.ok()) << split.status();
  EXPECT_EQ(split->classes, 3);
  EXPECT_EQ(split->dataset, dataset);
  EXPECT_THAT(split->training, ElementsAre(0, 1, 2, 3, 4));
  EXPECT_THAT(split->validation, ElementsAre(5, 6));
  EXPECT_EQ(split->label_map.size(), 256u);
  EXPECT_EQ(split->label_map[2], 2);
}

TEST(SplitTest, ClassesAreNumberedAnewInTheirOrderBeforeTheSplit) {
  const auto dataset = WithLabels({2, 1, 0, 2, 1, 0, 2}, {2, 0, 1, 1}, 3);
  const absl::StatusOr<Split> split = MakeSplit(dataset, {2, 0}, 0.4);  // int(5 * 0.6) = 3
  ASSERT_TRUE(split.ok()) << split.status();
  EXPECT_EQ(split->classes, 2);
  EXPECT_THAT(split->training, ElementsAre(0, 2, 3));
  EXPECT_THAT(split->validation, ElementsAre(5, 6));
  EXPECT_EQ(split->label_map[2], 0);
  EXPECT_EQ(split->label_map[0], 1);
  EXPECT_EQ(*ShapeOf(*dataset, {2, 0}), (model::DatasetShape{{1}, 2, 5, 2, true}));
  EXPECT_EQ(*ShapeOf(*dataset, {}), dataset->shape);
}

TEST(SplitTest, FashionMnistIsFiftyThousandAndTenThousand) {
  const auto dataset = WithLabels(std::vector<std::uint8_t>(60'000), {0}, 1);
  EXPECT_EQ(MakeSplit(dataset, {}, 1.0 / 6)->training.size(), 50'000u);
}

TEST(SplitTest, SaysWhichClassIsNotThereAndWhichPartIsEmpty) {
  const auto dataset = WithLabels({0, 1, 0, 1}, {0}, 2);
  const auto fault = [&](const std::vector<std::int64_t>& classes, double fraction) {
    const absl::Status status = MakeSplit(dataset, classes, fraction).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << status;
    return std::string(status.message());
  };
  EXPECT_THAT(fault({0, 2}, 0.5), HasSubstr("tiny has no class 2; its classes are 0 to 1"));
  EXPECT_THAT(fault({-1}, 0.5), HasSubstr("no class -1"));
  EXPECT_THAT(fault({0, 3}, 0.5), HasSubstr("no class 3"));
  EXPECT_THAT(fault({1, 1}, 0.5), HasSubstr("1 stands twice"));
  EXPECT_THAT(fault({}, 0.99), HasSubstr("leaves 0 of tiny's 4 rows to train on"));
  EXPECT_THAT(fault({}, 1e-20), HasSubstr("0 to validate"));
  EXPECT_EQ(ShapeOf(*dataset, {7}).status().code(), absl::StatusCode::kInvalidArgument);
}

// Labels from 1, as EMNIST's letters have them: {0, 3} would train one class, to no error at all.
TEST(SplitTest, AClassWithoutRowsToTrainOnIsNoClassOfAStudy) {
  const auto dataset = WithLabels({1, 2, 3, 1, 2, 3}, {0, 1}, 4);
  const absl::Status status = MakeSplit(dataset, {0, 3}, 0.5).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(status.message(), "dataset.classes: no row of tiny to train on is of class 0");
  EXPECT_EQ(ShapeOf(*dataset, {0, 3}).status(), status);
  EXPECT_TRUE(MakeSplit(dataset, {1, 3}, 0.5).ok());
  EXPECT_TRUE(MakeSplit(dataset, {}, 0.5).ok());
}

TEST(SplitPropertyTest, EveryWantedRowIsInOnePartOnce) {
  EXPECT_TRUE(rc::check([] {
    const auto labels = *rc::gen::container<std::vector<std::uint8_t>>(rc::gen::inRange<std::uint8_t>(0, 5));
    const auto classes = *rc::gen::unique<std::vector<std::int64_t>>(rc::gen::inRange<std::int64_t>(0, 5));
    const double fraction = *rc::gen::inRange(1, 100) / 100.0;
    const auto dataset = WithLabels(labels, {}, 5);
    const absl::StatusOr<Split> split = MakeSplit(dataset, classes, fraction);

    std::vector<std::uint32_t> wanted;
    for (std::size_t row = 0; row < labels.size(); ++row) {
      if (classes.empty() || std::find(classes.begin(), classes.end(), labels[row]) != classes.end()) {
        wanted.push_back(static_cast<std::uint32_t>(row));
      }
    }
    const auto training = static_cast<std::size_t>(static_cast<double>(wanted.size()) * (1 - fraction));
    const bool each_has_rows = std::ranges::all_of(
        classes, [&](std::int64_t label) { return std::ranges::find(labels, label) != labels.end(); });
    RC_ASSERT(split.ok() == (each_has_rows && training > 0 && training < wanted.size()));
    if (!split.ok()) return;
    RC_ASSERT(split->training.size() == training);
    std::vector<std::uint32_t> both = split->training;
    both.insert(both.end(), split->validation.begin(), split->validation.end());
    RC_ASSERT(both == wanted);
    for (std::size_t i = 0; i < classes.size(); ++i) RC_ASSERT(split->label_map[classes[i]] == i);
  }));
}

}  // namespace
}  // namespace hpsearch::data
