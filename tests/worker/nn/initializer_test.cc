#include "worker/nn/initializer.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <vector>

namespace hpsearch::nn {
namespace {

using model::InitializerKind;

constexpr std::int64_t kIn = 300;
constexpr std::int64_t kOut = 100;

std::vector<float> Drawn(InitializerKind kind, std::int64_t seed = 1) {
  std::vector<float> values(kIn * kOut);
  Initialize(kind, kIn, kOut, RandomStream({seed, 0}, Purpose::kInitialWeights, 0), values);
  return values;
}

struct Moments {
  double mean = 0, deviation = 0, least = 0, most = 0;
};

Moments MomentsOf(const std::vector<float>& values) {
  Moments result = {.least = *std::ranges::min_element(values), .most = *std::ranges::max_element(values)};
  for (const float value : values) result.mean += value / static_cast<double>(values.size());
  double squares = 0;
  for (const float value : values) squares += (value - result.mean) * (value - result.mean);
  result.deviation = std::sqrt(squares / static_cast<double>(values.size()));
  return result;
}

struct Expected {
  InitializerKind kind;
  double deviation;
  double bound;  // no value beyond, some near; infinite where there is none
};

class Initializers : public testing::TestWithParam<Expected> {};

TEST_P(Initializers, HaveKerasDeviationAndBounds) {
  const auto& [kind, deviation, bound] = GetParam();
  const Moments moments = MomentsOf(Drawn(kind));
  EXPECT_NEAR(moments.mean, 0, 5 * deviation / std::sqrt(kIn * kOut));
  EXPECT_NEAR(moments.deviation, deviation, 0.02 * deviation);
  if (std::isfinite(bound)) {
    EXPECT_GE(moments.least, -bound * (1 + 1e-6));
    EXPECT_LE(moments.most, bound * (1 + 1e-6));
    EXPECT_LT(moments.least, -0.99 * bound);
    EXPECT_GT(moments.most, 0.99 * bound);
  } else {
    EXPECT_GT(moments.most, 3.3 * deviation);  // a normal's 30,000 draws go beyond with near certainty
  }
}

const double kGlorotVariance = 2.0 / (kIn + kOut);
const double kHeVariance = 2.0 / kIn;
constexpr double kTruncated = 0.87962566103423978;

INSTANTIATE_TEST_SUITE_P(Keras, Initializers,
                         testing::Values(Expected{InitializerKind::kNormal, 0.05, INFINITY},
                                         Expected{InitializerKind::kUniform, 0.05 / std::sqrt(3.0), 0.05},
                                         Expected{InitializerKind::kGlorotUniform, std::sqrt(kGlorotVariance),
                                                  std::sqrt(3 * kGlorotVariance)},
                                         Expected{InitializerKind::kHeUniform, std::sqrt(kHeVariance),
                                                  std::sqrt(3 * kHeVariance)},
                                         Expected{InitializerKind::kGlorotNormal, std::sqrt(kGlorotVariance),
                                                  2 * std::sqrt(kGlorotVariance) / kTruncated},
                                         Expected{InitializerKind::kHeNormal, std::sqrt(kHeVariance),
                                                  2 * std::sqrt(kHeVariance) / kTruncated}));

TEST(Initializer, ConstantsAreConstant) {
  EXPECT_EQ(Drawn(InitializerKind::kZeros), std::vector<float>(kIn * kOut, 0.0f));
  EXPECT_EQ(Drawn(InitializerKind::kOnes), std::vector<float>(kIn * kOut, 1.0f));
}

TEST(Initializer, IsAFunctionOfTheSeed) {
  EXPECT_EQ(Drawn(InitializerKind::kNormal, 1), Drawn(InitializerKind::kNormal, 1));
  EXPECT_NE(Drawn(InitializerKind::kNormal, 1), Drawn(InitializerKind::kNormal, 2));
}

}  // namespace
}  // namespace hpsearch::nn
