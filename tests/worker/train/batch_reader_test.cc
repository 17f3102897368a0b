#include "worker/train/batch_reader.h"

#include <gtest/gtest.h>

#include <numeric>

#include "tests/worker/train/synthetic.h"

namespace hpsearch::train {
namespace {

TEST(BatchReader, GathersRowsAndLabels) {
  const data::Split split = SyntheticSplit(50, 4, 30, 10);
  const BatchReader reader(split, 50);
  const std::vector<std::uint32_t> rows = {7, 0, 79, 7};
  std::vector<float> src(4 * 50);
  std::vector<std::uint8_t> labels(4);
  reader.Read({rows, {}}, src.data(), labels.data());
  for (std::size_t i = 0; i < rows.size(); ++i) {
    EXPECT_EQ(labels[i], split.label_map[split.dataset->train.labels[rows[i]]]);
    for (std::size_t j = 0; j < 50; ++j) {
      EXPECT_EQ(src[i * 50 + j], static_cast<float>(split.dataset->train.features[rows[i] * 50 + j]) / 255.0f);
    }
  }
}

TEST(BatchReader, GathersTargetsWhereNumbersAreLearnt) {
  const data::Split split = NumbersSplit(50, 30, 10);
  const BatchReader reader(split, 50);
  const std::vector<std::uint32_t> rows = {7, 0, 79, 7};
  std::vector<float> src(4 * 50);
  std::vector<float> targets(4);
  reader.Read({rows, {}}, src.data(), /*labels=*/nullptr);
  reader.ReadTargets(rows, targets.data());
  for (std::size_t i = 0; i < rows.size(); ++i) {
    EXPECT_EQ(targets[i], split.dataset->train.targets[rows[i]]);
    EXPECT_EQ(src[i * 50], static_cast<float>(split.dataset->train.features[rows[i] * 50]) / 255.0f);
  }
}

// Widths on both sides of a bundle and of a chunk of decisions: where one ends in the middle of a row, nothing
// shows.
TEST(BatchReader, DropoutOnTheWayIsTheLayers) {
  for (const std::int64_t width : {1, 50, 128, 784, 3000}) {
    const data::Split split = SyntheticSplit(width, 2, 40, 10);
    const BatchReader reader(split, width);
    std::vector<std::uint32_t> rows(37);
    std::iota(rows.begin(), rows.end(), 3u);
    const auto size = static_cast<std::size_t>(width) * rows.size();
    std::vector<float> plain(size);
    std::vector<float> expected(size);
    std::vector<float> actual(size);
    std::vector<std::uint8_t> labels(rows.size());
    std::vector<std::uint8_t> expected_labels(rows.size());
    const nn::DropoutRule rule(nn::RandomStream({.seed = 1}, nn::Purpose::kDropout, 0), 0.3);
    const nn::Step step = {.epoch = 2, .index = 11};

    reader.Read({rows, {}}, plain.data(), expected_labels.data());
    nn::Dropout layer(rule, width);
    layer.MakePass(37, true, {.src = plain.data(), .dst = expected.data()})->Forward(step);
    reader.ReadWithDropout({rows, {}}, rule, step, actual.data(), labels.data());
    EXPECT_EQ(actual, expected) << width;
    EXPECT_EQ(labels, expected_labels);
  }
}

// As SyntheticSplit, seen as floats in another order of magnitude, with the scaling of each feature its own.
data::Split ScaledSplit(std::int64_t width, bool floats) {
  data::Split split = SyntheticSplit(width, 2, 40, 10);
  auto dataset = std::make_shared<data::Dataset>(*split.dataset);
  if (floats) {
    for (const std::uint8_t byte : dataset->train.features) {
      dataset->train.values.push_back(static_cast<float>(byte) * 1.7F - 100);
    }
    dataset->train.features.clear();
  }
  split.scaling.emplace();
  for (std::int64_t i = 0; i < width; ++i) {
    split.scaling->shift.push_back(static_cast<float>(i) * 0.3F);
    split.scaling->scale.push_back(1 / (static_cast<float>(i) + 0.7F));
  }
  split.dataset = std::move(dataset);
  return split;
}

TEST(BatchReader, ScalesEachFeatureByItsOwn) {
  for (const bool floats : {false, true}) {
    const data::Split split = ScaledSplit(50, floats);
    const BatchReader reader(split, 50);
    const std::vector<std::uint32_t> rows = {7, 0, 79, 7};
    std::vector<float> src(4 * 50);
    std::vector<std::uint8_t> labels(4);
    reader.Read({rows, {}}, src.data(), labels.data());
    for (std::size_t i = 0; i < rows.size(); ++i) {
      for (std::size_t j = 0; j < 50; ++j) {
        const std::size_t at = rows[i] * 50 + j;
        const data::Part& part = split.dataset->train;
        const float feature = floats ? part.values[at] : static_cast<float>(part.features[at]);
        EXPECT_EQ(src[i * 50 + j], (feature - split.scaling->shift[j]) * split.scaling->scale[j]);
      }
    }
  }
}

TEST(BatchReader, DropoutOnTheWayIsTheLayersOfScaledFeaturesToo) {
  for (const bool floats : {false, true}) {
    for (const std::int64_t width : {1, 50, 784, 3000}) {
      const data::Split split = ScaledSplit(width, floats);
      const BatchReader reader(split, width);
      std::vector<std::uint32_t> rows(37);
      std::iota(rows.begin(), rows.end(), 3u);
      const auto size = static_cast<std::size_t>(width) * rows.size();
      std::vector<float> plain(size);
      std::vector<float> expected(size);
      std::vector<float> actual(size);
      std::vector<std::uint8_t> labels(rows.size());
      const nn::DropoutRule rule(nn::RandomStream({.seed = 1}, nn::Purpose::kDropout, 0), 0.3);
      const nn::Step step = {.epoch = 2, .index = 11};

      reader.Read({rows, {}}, plain.data(), labels.data());
      nn::Dropout layer(rule, width);
      layer.MakePass(37, true, {.src = plain.data(), .dst = expected.data()})->Forward(step);
      reader.ReadWithDropout({rows, {}}, rule, step, actual.data(), labels.data());
      EXPECT_EQ(actual, expected) << width;
    }
  }
}

TEST(BatchReader, ReadsTheTestPart) {
  data::Split split = SyntheticSplit(3, 2, 4, 2);
  auto dataset = std::make_shared<data::Dataset>(*split.dataset);
  dataset->test = {.features = {51, 102, 153, 204, 255, 0}, .labels = {3, 10}};
  split.dataset = dataset;
  split.test = {0, 1};
  std::vector<float> src(6);
  std::vector<std::uint8_t> labels(2);
  BatchReader(split, 3, BatchReader::Rows::kTest).Read({split.test, {}}, src.data(), labels.data());
  EXPECT_EQ(src, (std::vector<float>{0.2F, 0.4F, 0.6F, 0.8F, 1, 0}));
  EXPECT_EQ(labels, (std::vector<std::uint8_t>{0, 1}));
}

}  // namespace
}  // namespace hpsearch::train
