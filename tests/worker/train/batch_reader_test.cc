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
  reader.Read(rows, src.data(), labels.data());
  for (std::size_t i = 0; i < rows.size(); ++i) {
    EXPECT_EQ(labels[i], split.label_map[split.dataset->train.labels[rows[i]]]);
    for (std::size_t j = 0; j < 50; ++j) {
      EXPECT_EQ(src[i * 50 + j], static_cast<float>(split.dataset->train.features[rows[i] * 50 + j]) / 255.0f);
    }
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

    reader.Read(rows, plain.data(), expected_labels.data());
    nn::Dropout layer(rule, width);
    layer.MakePass(37, true, {.src = plain.data(), .dst = expected.data()})->Forward(step);
    reader.ReadWithDropout(rows, rule, step, actual.data(), labels.data());
    EXPECT_EQ(actual, expected) << width;
    EXPECT_EQ(labels, expected_labels);
  }
}

}  // namespace
}  // namespace hpsearch::train
