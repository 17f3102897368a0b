#include "worker/nn/spatial_dropout2d.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

namespace hpsearch::nn {
namespace {

const DropoutRule kRule(RandomStream({.seed = 11}, Purpose::kDropout, 1), 0.4);

// The dst of `src` and the diff_src of the same, both counted channel by channel, through images that lie so.
struct Outcome {
  std::vector<float> dst;
  std::vector<float> diff_src;
  bool operator==(const Outcome&) const = default;
};
Outcome OutcomeOf(const Layout& layout, std::int64_t rows, const std::vector<float>& src, const Step& step) {
  std::vector<float> lying(src.size()), dst(src.size());
  const auto place = [&](std::int64_t row, std::int64_t i) { return row * layout.size() + layout.At(i); };
  for (std::int64_t row = 0; row < rows; ++row) {
    for (std::int64_t i = 0; i < layout.size(); ++i) lying[place(row, i)] = src[row * layout.size() + i];
  }
  std::vector<float> diff = lying;
  SpatialDropout2d layer(kRule, layout);
  const auto pass = layer.MakePass(
      rows, true, {.src = lying.data(), .dst = dst.data(), .diff_dst = diff.data(), .diff_src = diff.data()});
  pass->Forward(step);
  pass->Backward();
  Outcome outcome;
  for (std::int64_t row = 0; row < rows; ++row) {
    for (std::int64_t i = 0; i < layout.size(); ++i) {
      outcome.dst.push_back(dst[place(row, i)]);
      outcome.diff_src.push_back(diff[place(row, i)]);
    }
  }
  return outcome;
}

std::vector<float> Numbers(std::int64_t count) {
  std::vector<float> numbers;
  for (std::int64_t i = 0; i < count; ++i) numbers.push_back(1 + static_cast<float>(i) / 8);
  return numbers;
}

TEST(SpatialDropout2d, DropsWholeChannelsOfARow) {
  const Layout layout = {.channels = 32, .height = 3, .width = 5};
  constexpr std::int64_t kRows = 200, kPixels = 15;
  const std::vector<float> src = Numbers(kRows * layout.size());
  const Outcome outcome = OutcomeOf(layout, kRows, src, {1, 2});
  double dropped = 0;
  for (std::int64_t channel = 0; channel < kRows * layout.channels; ++channel) {
    const float factor = outcome.dst[channel * kPixels] / src[channel * kPixels];
    ASSERT_TRUE(factor == 0 || std::abs(factor - 1 / 0.6f) < 1e-6f) << factor;
    dropped += factor == 0 ? 1 : 0;
    for (std::int64_t i = channel * kPixels; i < (channel + 1) * kPixels; ++i) {
      ASSERT_EQ(outcome.dst[i], factor == 0 ? 0 : src[i] * kRule.scale);
    }
  }
  const double count = kRows * 32;
  EXPECT_NEAR(dropped / count, 0.4, 5 * std::sqrt(0.4 * 0.6 / count));
  EXPECT_EQ(outcome.diff_src, outcome.dst);
}

TEST(SpatialDropout2d, HasTheSameBitsHoweverTheImageLies) {
  Layout layout = {.channels = 48, .height = 3, .width = 4};
  const std::vector<float> src = Numbers(7 * layout.size());
  const Outcome first = OutcomeOf(layout, 7, src, {2, 5});
  layout.order = ChannelOrder::kLast;
  EXPECT_EQ(OutcomeOf(layout, 7, src, {2, 5}), first);
  layout.order = ChannelOrder::kBlocked;
  layout.block = 16;
  EXPECT_EQ(OutcomeOf(layout, 7, src, {2, 5}), first);
  EXPECT_NE(OutcomeOf(layout, 7, src, {2, 6}), first);
}

}  // namespace
}  // namespace hpsearch::nn
