#include "worker/nn/dropout.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

namespace hpsearch::nn {
namespace {

const RandomSource kSource = {.seed = 11};

// The dst of ones through a dropout at (epoch, step).
std::vector<float> Dropped(double rate, std::int64_t rows, std::int64_t width, const Step& step,
                           std::int64_t place = 1) {
  std::vector<float> src(static_cast<std::size_t>(rows * width), 1.0f);
  std::vector<float> dst(src.size());
  Dropout layer(DropoutRule(RandomStream(kSource, Purpose::kDropout, place), rate), width);
  layer.MakePass(rows, true, {.src = src.data(), .dst = dst.data()})->Forward(step);
  return dst;
}

TEST(Dropout, KeepsTheRightShareAndScalesIt) {
  for (const double rate : {0.01, 0.2, 0.5, 0.9}) {
    const std::vector<float> dst = Dropped(rate, 400, 250, {1, 0});
    double kept = 0;
    for (const float value : dst) {
      if (value == 0) continue;
      ++kept;
      ASSERT_FLOAT_EQ(value, static_cast<float>(1 / (1 - rate)));
    }
    const auto count = static_cast<double>(dst.size());
    EXPECT_NEAR(kept / count, 1 - rate, 5 * std::sqrt(rate * (1 - rate) / count)) << rate;
  }
}

TEST(Dropout, NeighboursAndStepsAreIndependent) {
  const std::vector<float> now = Dropped(0.5, 400, 250, {1, 0});
  const std::vector<float> next = Dropped(0.5, 400, 250, {1, 1});
  const std::vector<float> elsewhere = Dropped(0.5, 400, 250, {1, 0}, 2);
  const auto agreement = [](auto&& left, auto&& right, std::size_t shift) {
    double agree = 0;
    for (std::size_t i = shift; i < left.size(); ++i) agree += (left[i - shift] == 0) == (right[i] == 0);
    return agree / static_cast<double>(left.size() - shift);
  };
  const double deviation = 0.5 / std::sqrt(100000.0);
  for (const std::size_t shift : {1, 2, 16, 32, 128, 250})
    EXPECT_NEAR(agreement(now, now, shift), 0.5, 5 * deviation);
  EXPECT_NEAR(agreement(now, next, 0), 0.5, 5 * deviation);
  EXPECT_NEAR(agreement(now, elsewhere, 0), 0.5, 5 * deviation);
}

TEST(Dropout, AHigherRateDropsAllThatALowerOneDrops) {
  const std::vector<float> low = Dropped(0.3, 10, 77, {2, 5});
  const std::vector<float> high = Dropped(0.6, 10, 77, {2, 5});
  for (std::size_t i = 0; i < low.size(); ++i) {
    if (low[i] == 0) {
      EXPECT_EQ(high[i], 0);
    }
  }
}

TEST(Dropout, DecisionsRunThroughTheBatchInOrderWhateverItsSize) {
  const std::vector<float> whole = Dropped(0.4, 100, 130, {1, 3});
  const std::vector<float> part = Dropped(0.4, 7, 130, {1, 3});
  EXPECT_EQ(std::vector<float>(whole.begin(), whole.begin() + 7 * 130), part);
}

TEST(Dropout, TheGradientGoesWhereTheValueWent) {
  const std::vector<float> src(300, 2.0f);
  std::vector<float> dst(300);
  std::vector<float> diff(300, 3.0f);
  Dropout layer(DropoutRule(RandomStream(kSource, Purpose::kDropout, 1), 0.5), 300);
  const auto pass = layer.MakePass(
      1, true, {.src = src.data(), .dst = dst.data(), .diff_dst = diff.data(), .diff_src = diff.data()});
  pass->Forward({1, 0});
  pass->Backward();
  for (std::size_t i = 0; i < 300; ++i) EXPECT_EQ(diff[i], dst[i] * 1.5f);
}

}  // namespace
}  // namespace hpsearch::nn
