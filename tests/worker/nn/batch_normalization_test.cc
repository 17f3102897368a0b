#include "worker/nn/batch_normalization.h"

#include <gtest/gtest.h>
#include <omp.h>

#include <vector>

namespace hpsearch::nn {
namespace {

// Two images of two channels, 1 x 2 each, channels last: channel 0 has 1, 2, 3, 6, channel 1 twice that and 1.
const std::vector<float> kSrc = {1, 3, 2, 5, 3, 7, 6, 13};
const Layout kLayout = {.channels = 2, .height = 1, .width = 2, .order = ChannelOrder::kLast};

struct Statistics {
  std::vector<float> mean;
  std::vector<float> variance;
};

// Behind `steps` passes.
Statistics After(const model::BatchNormalizationLayer& spec, bool training, int steps) {
  omp_set_num_threads(1);
  BatchNormalization layer(spec, kLayout);
  std::vector<float> dst(kSrc.size());
  const auto pass = layer.MakePass(2, training, {.src = kSrc.data(), .dst = dst.data()});
  std::vector<float> scratchpad(pass->ScratchpadBytes() / sizeof(float) + 1);
  pass->BindScratchpad(scratchpad.data());
  for (int step = 0; step < steps; ++step) pass->Forward({});
  const auto values = [&](std::size_t i) {
    const auto span = layer.statistics()[i]->value.span();
    return std::vector<float>(span.begin(), span.end());
  };
  return {values(0), values(1)};
}

TEST(BatchNormalization, BringsTheRunningStatisticsOn) {
  // Means 3 and 7; biased variances (4 + 1 + 0 + 9) / 4 = 3.5 and four times that.
  const Statistics once = After({.momentum = 0.75}, true, 1);
  EXPECT_FLOAT_EQ(once.mean[0], 0.25f * 3);
  EXPECT_FLOAT_EQ(once.mean[1], 0.25f * 7);
  EXPECT_FLOAT_EQ(once.variance[0], 0.75f + 0.25f * 3.5f);
  EXPECT_FLOAT_EQ(once.variance[1], 0.75f + 0.25f * 14);
  const Statistics twice = After({.momentum = 0.75}, true, 2);
  EXPECT_FLOAT_EQ(twice.mean[0], 0.75f * once.mean[0] + 0.25f * 3);
  EXPECT_FLOAT_EQ(twice.variance[1], 0.75f * once.variance[1] + 0.25f * 14);
}

TEST(BatchNormalization, LeavesThemOutsideTrainingAndWhereItIsFrozen) {
  for (const Statistics& same : {After({}, false, 3), After({.trainable = false}, true, 3)}) {
    EXPECT_EQ(same.mean, (std::vector<float>{0, 0}));
    EXPECT_EQ(same.variance, (std::vector<float>{1, 1}));
  }
}

TEST(BatchNormalization, TrainsWhatItHas) {
  const auto count = [](const model::BatchNormalizationLayer& spec) {
    return BatchNormalization(spec, kLayout).parameters().size();
  };
  EXPECT_EQ(count({}), 2U);
  EXPECT_EQ(count({.center = false}), 1U);
  EXPECT_EQ(count({.center = false, .scale = false}), 0U);
  EXPECT_EQ(count({.trainable = false}), 0U);
}

}  // namespace
}  // namespace hpsearch::nn
