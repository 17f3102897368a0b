#include "worker/data/split.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <algorithm>
#include <array>
#include <cmath>

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
  const absl::StatusOr<Split> split = MakeSplit(dataset, {.validation_fraction = 0.25});  // int(7 * 0.75) = 5
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
  const absl::StatusOr<Split> split =
      MakeSplit(dataset, {.classes = {2, 0}, .validation_fraction = 0.4});  // int(5 * 0.6) = 3
  ASSERT_TRUE(split.ok()) << split.status();
  EXPECT_EQ(split->classes, 2);
  EXPECT_THAT(split->training, ElementsAre(0, 2, 3));
  EXPECT_THAT(split->validation, ElementsAre(5, 6));
  EXPECT_EQ(split->label_map[2], 0);
  EXPECT_EQ(split->label_map[0], 1);
  EXPECT_THAT(split->test, ElementsAre(0, 1));
  EXPECT_EQ(*ShapeOf(*dataset, {.classes = {2, 0}}), (model::DatasetShape{{1}, 2, 5, 2, true}));
  EXPECT_EQ(*ShapeOf(*dataset, {}), dataset->shape);
}

std::shared_ptr<const Dataset> WithTargets(std::vector<float> train, std::vector<float> test) {
  auto dataset = std::make_shared<Dataset>();
  dataset->key = "houses";
  dataset->no_classes = "dataset.target: numbers that are no integers";
  dataset->train.values.resize(train.size());
  dataset->test.values.resize(test.size());
  dataset->train.targets = std::move(train);
  dataset->test.targets = std::move(test);
  dataset->shape = {
      .sample = {1}, .train_rows = dataset->train.rows(), .test_rows = dataset->test.rows(), .numbers = true};
  return dataset;
}

TEST(SplitTest, ARegressionTakesAllRows) {
  constexpr auto kRegression = model::Task::kRegression;
  const auto dataset = WithTargets({1, 2, 3, 4, 5, 6, 7}, {8, 9});
  const auto split = MakeSplit(dataset, {.task = kRegression, .validation_fraction = 0.25});
  ASSERT_TRUE(split.ok()) << split.status();
  EXPECT_EQ(split->task, kRegression);
  EXPECT_EQ(split->classes, 0);
  EXPECT_THAT(split->training, ElementsAre(0, 1, 2, 3, 4));
  EXPECT_THAT(split->validation, ElementsAre(5, 6));
  EXPECT_THAT(split->test, ElementsAre(0, 1));
  EXPECT_EQ(*ShapeOf(*dataset, {}), dataset->shape);

  const auto fault = [](const std::shared_ptr<const Dataset>& of, const SplitPlan& plan) {
    return std::string(MakeSplit(of, plan).status().message());
  };
  EXPECT_EQ(fault(dataset, {}), dataset->no_classes);
  EXPECT_EQ(fault(dataset, {.classes = {1, 2}}), dataset->no_classes);
  EXPECT_THAT(fault(dataset, {.task = kRegression, .classes = {1}}), HasSubstr("dataset.classes: "));
  EXPECT_THAT(fault(dataset, {.task = kRegression, .validation_from = model::ValidationFrom::kStratified}),
              HasSubstr("training.validation_from: "));
  EXPECT_THAT(fault(WithLabels({0, 1}, {}, 2), {.task = kRegression}),
              HasSubstr("training.loss: a regression learns numbers, and the targets of tiny are classes"));
}

TEST(SplitTest, TheLossSaysWhatIsLearnt) {
  EXPECT_EQ(PlanOf({}, {.loss = model::Loss::kMeanAbsoluteError}, 0).task, model::Task::kRegression);
  EXPECT_EQ(PlanOf({}, {.loss = model::Loss::kCrossEntropy}, 0).task, model::Task::kClassification);
}

TEST(SplitTest, FashionMnistIsFiftyThousandAndTenThousand) {
  const auto dataset = WithLabels(std::vector<std::uint8_t>(60'000), {0}, 1);
  EXPECT_EQ(MakeSplit(dataset, {})->training.size(), 50'000u);
}

TEST(SplitTest, SaysWhichClassIsNotThereAndWhichPartIsEmpty) {
  const auto dataset = WithLabels({0, 1, 0, 1}, {0}, 2);
  const auto fault = [&](const std::vector<std::int64_t>& classes, double fraction) {
    const absl::Status status = MakeSplit(dataset, {.classes = classes, .validation_fraction = fraction}).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << status;
    return std::string(status.message());
  };
  EXPECT_THAT(fault({0, 2}, 0.5), HasSubstr("tiny has no class 2; its classes are 0 to 1"));
  EXPECT_THAT(fault({-1}, 0.5), HasSubstr("no class -1"));
  EXPECT_THAT(fault({0, 3}, 0.5), HasSubstr("no class 3"));
  EXPECT_THAT(fault({1, 1}, 0.5), HasSubstr("1 stands twice"));
  EXPECT_THAT(fault({}, 0.99), HasSubstr("leaves 0 of tiny's 4 rows to train on"));
  EXPECT_THAT(fault({}, 1e-20), HasSubstr("0 to validate"));
  EXPECT_EQ(ShapeOf(*dataset, {.classes = {7}}).status().code(), absl::StatusCode::kInvalidArgument);
}

// Labels from 1, as EMNIST's letters have them: {0, 3} would train one class, to no error at all.
TEST(SplitTest, AClassWithoutRowsToTrainOnIsNoClassOfAStudy) {
  const auto dataset = WithLabels({1, 2, 3, 1, 2, 3}, {0, 1}, 4);
  const absl::Status status = MakeSplit(dataset, {.classes = {0, 3}, .validation_fraction = 0.5}).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(status.message(), "dataset.classes: no row of tiny to train on is of class 0");
  EXPECT_EQ(ShapeOf(*dataset, {.classes = {0, 3}}).status(), status);
  EXPECT_TRUE(MakeSplit(dataset, {.classes = {1, 3}, .validation_fraction = 0.5}).ok());
  EXPECT_TRUE(MakeSplit(dataset, {.validation_fraction = 0.5}).ok());
}

TEST(SplitTest, ClassesOfATableAreNamedByTheirValues) {
  auto dataset = std::make_shared<Dataset>(*WithLabels({0, 1, 2, 0, 1, 2}, {}, 3));
  dataset->class_values = {3, 5, 8};
  const absl::StatusOr<Split> split = MakeSplit(dataset, {.classes = {8, 3}, .validation_fraction = 0.5});
  ASSERT_TRUE(split.ok()) << split.status();
  EXPECT_THAT(split->training, ElementsAre(0, 2));
  EXPECT_EQ(split->label_map[2], 0);
  EXPECT_THAT(std::string(MakeSplit(dataset, {.classes = {0, 3}}).status().message()),
              HasSubstr("tiny has no class 0; its classes are 3, 5, 8"));
}

TEST(SplitTest, ASetWithoutATestPartGivesSomeOfItsRows) {
  auto dataset = std::make_shared<Dataset>(*WithLabels({0, 1, 0, 1, 0, 1, 0, 1, 0, 1}, {}, 2));
  const SplitPlan plan = {.validation_fraction = 0.25, .test_fraction = 0.2};
  const absl::StatusOr<Split> split = MakeSplit(dataset, plan);
  ASSERT_TRUE(split.ok()) << split.status();
  EXPECT_THAT(split->training, ElementsAre(0, 1, 2, 3, 4, 5));
  EXPECT_THAT(split->validation, ElementsAre(6, 7));
  EXPECT_THAT(split->test, ElementsAre(8, 9));
  EXPECT_EQ(&split->test_part(), &dataset->train);
  EXPECT_EQ(*ShapeOf(*dataset, {.test_fraction = 0.2}), (model::DatasetShape{{1}, 2, 8, 2}));
  EXPECT_THAT(MakeSplit(dataset, {})->test, ElementsAre());
}

TEST(SplitTest, ATestPartIsNotCutAnew) {
  const auto dataset = WithLabels({0, 1, 0, 1}, {0, 1, 1}, 2);
  EXPECT_THAT(MakeSplit(dataset, {})->test, ElementsAre(0, 1, 2));
  const absl::Status status = MakeSplit(dataset, {.test_fraction = 0.2}).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(status.message()), HasSubstr("dataset.test_fraction: tiny has a test part of its own"));
  EXPECT_EQ(ShapeOf(*dataset, {.test_fraction = 0.2}).status(), status);
}

TEST(SplitTest, DrawnRowsAreTheStudysAndOfNoOtherSeed) {
  std::vector<std::uint8_t> labels(1000);
  const auto dataset = WithLabels(labels, {}, 1);
  const auto validation = [&](std::int64_t seed, double test_fraction) {
    return MakeSplit(dataset, {.validation_fraction = 0.2,
                               .validation_from = model::ValidationFrom::kRandom,
                               .test_fraction = test_fraction,
                               .seed = seed})
        ->validation;
  };
  const auto drawn = validation(7, 0);
  EXPECT_EQ(validation(7, 0), drawn);
  EXPECT_NE(validation(8, 0), drawn);
  EXPECT_NE(validation(7 + (std::int64_t{1} << 32), 0), drawn);
  // What a seed means never changes: these rows were drawn when it was made.
  EXPECT_THAT(std::vector(drawn.begin(), drawn.begin() + 5), ElementsAre(4, 8, 15, 18, 21));
  // Of 200 rows about as many from each fifth of the file: 40, with a deviation of five and a half.
  std::array<int, 5> fifths{};
  for (const std::uint32_t row : drawn) ++fifths[row / 200];
  for (const int count : fifths) EXPECT_NEAR(count, 40, 25);
}

TEST(SplitTest, StratifiedPartsHaveTheClassesProportions) {
  std::vector<std::uint8_t> labels(100, 0);
  std::fill(labels.begin() + 60, labels.begin() + 90, 1);
  std::fill(labels.begin() + 90, labels.end(), 2);
  const auto dataset = WithLabels(labels, {}, 3);
  const auto split = MakeSplit(
      dataset,
      {.validation_fraction = 0.5, .validation_from = model::ValidationFrom::kStratified, .test_fraction = 0.2});
  const auto counts = [&](const std::vector<std::uint32_t>& rows) {
    std::vector<int> of(3);
    for (const std::uint32_t row : rows) ++of[labels[row]];
    return of;
  };
  EXPECT_THAT(counts(split->test), ElementsAre(12, 6, 2));
  EXPECT_THAT(counts(split->training), ElementsAre(24, 12, 4));
  EXPECT_THAT(counts(split->validation), ElementsAre(24, 12, 4));
}

// 8 and 2 rows, of which 7 are kept: 5.6 and 1.4, so that the one that is over goes to the first class.
TEST(SplitTest, TheLargestRemainderTakesTheRowThatIsOver) {
  const auto dataset = WithLabels({0, 0, 0, 0, 1, 1, 0, 0, 0, 0}, {}, 2);
  const auto split =
      MakeSplit(dataset, {.validation_from = model::ValidationFrom::kStratified, .test_fraction = 0.3});
  ASSERT_TRUE(split.ok()) << split.status();
  EXPECT_EQ(std::ranges::count_if(split->test, [](std::uint32_t row) { return row == 4 || row == 5; }), 1);
  EXPECT_EQ(split->test.size(), 3u);
}

TEST(SplitPropertyTest, DrawnPartsAreDisjointExactAndWithinARowOfTheirShare) {
  EXPECT_TRUE(rc::check([] {
    const auto labels = *rc::gen::container<std::vector<std::uint8_t>>(rc::gen::inRange<std::uint8_t>(0, 5));
    const auto from = *rc::gen::element(model::ValidationFrom::kRandom, model::ValidationFrom::kStratified);
    const SplitPlan plan = {.validation_fraction = *rc::gen::inRange(1, 100) / 100.0,
                            .validation_from = from,
                            .test_fraction = *rc::gen::inRange(0, 100) / 100.0,
                            .seed = *rc::gen::arbitrary<std::int64_t>()};
    const absl::StatusOr<Split> split = MakeSplit(WithLabels(labels, {}, 5), plan);
    const auto rest = static_cast<std::size_t>(static_cast<double>(labels.size()) * (1 - *plan.test_fraction));
    const auto training = static_cast<std::size_t>(static_cast<double>(rest) * (1 - plan.validation_fraction));
    RC_ASSERT(split.ok() == (training > 0 && training < rest));
    if (!split.ok()) return;
    RC_ASSERT(split->training.size() == training);
    RC_ASSERT(split->validation.size() == rest - training);
    RC_ASSERT(split->test.size() == labels.size() - rest);
    std::vector<std::uint32_t> all = split->training;
    all.insert(all.end(), split->validation.begin(), split->validation.end());
    all.insert(all.end(), split->test.begin(), split->test.end());
    std::ranges::sort(all);
    for (std::size_t row = 0; row < labels.size(); ++row) RC_ASSERT(all[row] == row);
    for (const auto* rows : {&split->training, &split->validation, &split->test}) {
      RC_ASSERT(std::ranges::is_sorted(*rows));
    }
    if (from != model::ValidationFrom::kStratified) return;
    for (int label = 0; label < 5; ++label) {
      const auto of = [&](const std::vector<std::uint32_t>& rows) {
        return std::ranges::count_if(rows, [&](std::uint32_t row) { return labels[row] == label; });
      };
      const auto total = static_cast<double>(std::ranges::count(labels, label));
      const double share = total * static_cast<double>(split->test.size()) / static_cast<double>(labels.size());
      RC_ASSERT(std::abs(static_cast<double>(of(split->test)) - share) < 1);
    }
  }));
}

TEST(SplitPropertyTest, EveryWantedRowIsInOnePartOnce) {
  EXPECT_TRUE(rc::check([] {
    const auto labels = *rc::gen::container<std::vector<std::uint8_t>>(rc::gen::inRange<std::uint8_t>(0, 5));
    const int chosen = *rc::gen::inRange(0, 32);  // a bit a class
    std::vector<std::int64_t> classes;
    for (std::int64_t label = 0; label < 5; ++label) {
      if ((chosen >> label & 1) != 0) classes.push_back(label);
    }
    if (*rc::gen::arbitrary<bool>()) std::ranges::reverse(classes);
    const double fraction = *rc::gen::inRange(1, 100) / 100.0;
    const auto dataset = WithLabels(labels, {}, 5);
    const absl::StatusOr<Split> split = MakeSplit(dataset, {.classes = classes, .validation_fraction = fraction});

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
