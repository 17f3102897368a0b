// What a seed means: the first numbers of each kind, as they came out once. A change here is a change of every
// curve that anyone has stored: it raises kNumericsVersion.
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <gtest/gtest.h>

#include <numeric>
#include <string>
#include <vector>

#include "worker/nn/dropout.h"
#include "worker/nn/initializer.h"
#include "worker/train/shuffle.h"

namespace hpsearch::train {
namespace {

using model::InitializerKind;

constexpr nn::RandomSource kSource = {.seed = 7, .replicate = 1};

std::string Drawn(InitializerKind kind) {
  std::vector<float> values(3);
  nn::Initialize(kind, 784, 128, nn::RandomStream(kSource, nn::Purpose::kInitialWeights, 1), values);
  return fmt::format("{:a}", fmt::join(values, " "));
}

TEST(SeedNumbers, InitialWeights) {
  EXPECT_EQ(Drawn(InitializerKind::kNormal), "-0x1.895248p-7 0x1.bebc1p-4 -0x1.ad2f28p-5");
  EXPECT_EQ(Drawn(InitializerKind::kUniform), "-0x1.761c54p-5 0x1.5b4732p-5 -0x1.f9b21ep-8");
  EXPECT_EQ(Drawn(InitializerKind::kGlorotUniform), "-0x1.2f719ep-4 0x1.19ae02p-4 -0x1.9a2c66p-7");
  EXPECT_EQ(Drawn(InitializerKind::kGlorotNormal), "-0x1.a2ca7cp-7 0x1.ee2158p-8 -0x1.c8f9dcp-5");
  EXPECT_EQ(Drawn(InitializerKind::kHeUniform), "-0x1.474754p-4 0x1.2fce18p-4 -0x1.ba6444p-7");
  EXPECT_EQ(Drawn(InitializerKind::kHeNormal), "-0x1.c3afap-7 0x1.0a78b8p-7 -0x1.ecded6p-5");
}

TEST(SeedNumbers, Shuffle) {
  std::vector<std::uint32_t> rows(1000);
  std::iota(rows.begin(), rows.end(), 0u);
  std::vector<std::uint32_t> order;
  ShuffleRows(rows, kSource, 2, order);
  order.resize(8);
  EXPECT_EQ(order, (std::vector<std::uint32_t>{2, 190, 523, 339, 198, 68, 575, 882}));
}

TEST(SeedNumbers, Dropout) {
  const std::vector<float> src(48, 1.0f);
  std::vector<float> dst(48);
  nn::Dropout layer(nn::DropoutRule(nn::RandomStream(kSource, nn::Purpose::kDropout, 2), 0.5), 48);
  layer.MakePass(1, true, {.src = src.data(), .dst = dst.data()})->Forward({.epoch = 2, .index = 9});
  std::string mask;
  for (const float value : dst) mask += value == 0.0f ? '.' : 'x';
  EXPECT_EQ(mask, ".xx.xx..x.x.....xxxx.x.xx.x...x.x.xx..xx..xx....");
}

}  // namespace
}  // namespace hpsearch::train
