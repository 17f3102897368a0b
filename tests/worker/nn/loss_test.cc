#include "worker/nn/loss.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <random>
#include <vector>

namespace hpsearch::nn {
namespace {

struct Case {
  std::int64_t rows;
  std::int64_t units;
};

std::vector<float> Logits(const Case& size, float scale) {
  std::mt19937 engine(static_cast<unsigned>(size.rows * 1000 + size.units));
  std::normal_distribution<float> normal(0, scale);
  std::vector<float> logits(static_cast<std::size_t>(size.rows * size.units));
  for (float& logit : logits) logit = normal(engine);
  return logits;
}

class SoftmaxCrossEntropy : public testing::TestWithParam<Case> {};

TEST_P(SoftmaxCrossEntropy, IsTheTextbooksInDouble) {
  const auto [rows, units] = GetParam();
  for (const float scale : {0.1f, 3.0f, 60.0f}) {
    const std::vector<float> logits = Logits(GetParam(), scale);
    std::vector<std::uint8_t> labels;
    double loss = 0;
    std::int64_t mistakes = 0;
    std::vector<double> diff;
    for (std::int64_t row = 0; row < rows; ++row) {
      const float* x = logits.data() + row * units;
      labels.push_back(static_cast<std::uint8_t>(row * 7 % std::min<std::int64_t>(units, 256)));
      double largest = x[0];
      std::int64_t predicted = 0;
      for (std::int64_t unit = 1; unit < units; ++unit) {
        if (x[unit] > largest) largest = x[predicted = unit];
      }
      double sum = 0;
      for (std::int64_t unit = 0; unit < units; ++unit) sum += std::exp(x[unit] - largest);
      loss += std::log(sum) + largest - x[labels.back()];
      mistakes += predicted != labels.back();
      for (std::int64_t unit = 0; unit < units; ++unit) {
        diff.push_back((std::exp(x[unit] - largest) / sum - (unit == labels.back())) / static_cast<double>(rows));
      }
    }
    std::vector<float> actual(logits.size());
    const LossSum sum =
        MakeSoftmaxCrossEntropy(units)->Evaluate(logits.data(), labels.data(), rows, actual.data());
    EXPECT_NEAR(sum.loss, loss, 1e-6 * (1 + std::abs(loss)));
    EXPECT_EQ(sum.mistakes, mistakes);
    for (std::size_t i = 0; i < diff.size(); ++i)
      ASSERT_NEAR(actual[i], diff[i], 5e-7 / static_cast<double>(rows)) << i;
  }
}

INSTANTIATE_TEST_SUITE_P(Sizes, SoftmaxCrossEntropy,
                         testing::Values(Case{1, 1}, Case{1, 10}, Case{16, 2}, Case{17, 3}, Case{128, 10},
                                         Case{5, 300}));

TEST(Loss, HugeLogitsDoNotOverflow) {
  const std::vector<float> logits = {1e30f, -1e30f, 0.0f};
  const std::uint8_t right = 0;
  const std::uint8_t wrong = 2;
  std::vector<float> diff(3);
  EXPECT_EQ(MakeSoftmaxCrossEntropy(3)->Evaluate(logits.data(), &right, 1, diff.data()).loss, 0);
  EXPECT_EQ(diff, (std::vector<float>{0, 0, 0}));
  EXPECT_NEAR(MakeSoftmaxCrossEntropy(3)->Evaluate(logits.data(), &wrong, 1, diff.data()).loss, 1e30, 1e23);
  EXPECT_EQ(diff, (std::vector<float>{1, 0, -1}));
}

TEST(Loss, WhatIsNotFiniteStaysSo) {
  const std::uint8_t label = 1;
  for (const float bad : {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity()}) {
    for (std::size_t place = 0; place < 3; ++place) {
      std::vector<float> logits = {1, 2, 3};
      logits[place] = bad;
      EXPECT_FALSE(std::isfinite(MakeSoftmaxCrossEntropy(3)->Evaluate(logits.data(), &label, 1, nullptr).loss));
    }
    EXPECT_FALSE(std::isfinite(MakeSigmoidBinaryCrossEntropy()->Evaluate(&bad, &label, 1, nullptr).loss));
  }
}

TEST(Loss, OfEqualLogitsTheFirstIsPredicted) {
  const std::vector<float> logits = {1, 3, 3, 2};
  for (std::uint8_t label = 0; label < 4; ++label) {
    EXPECT_EQ(MakeSoftmaxCrossEntropy(4)->Evaluate(logits.data(), &label, 1, nullptr).mistakes,
              label == 1 ? 0 : 1);
  }
}

TEST(SigmoidBinaryCrossEntropy, IsTheTextbooksInDouble) {
  const std::vector<float> logits = {-800, -30, -1, -0.0f, 0, 0.5f, 4, 30, 800};
  for (const std::uint8_t label : {0, 1}) {
    const std::vector<std::uint8_t> labels(logits.size(), label);
    std::vector<float> diff(logits.size());
    const auto rows = static_cast<std::int64_t>(logits.size());
    double loss = 0;
    std::int64_t mistakes = 0;
    for (const float logit : logits) {
      const double x = label == 1 ? -logit : logit;
      loss += x > 0 ? x + std::log1p(std::exp(-x)) : std::log1p(std::exp(x));
      mistakes += (logit > 0) != (label == 1);  // a sigmoid of exactly 0.5 is the class 0, as in Keras
    }
    const LossSum sum = MakeSigmoidBinaryCrossEntropy()->Evaluate(logits.data(), labels.data(), rows, diff.data());
    EXPECT_NEAR(sum.loss, loss, 1e-9 * loss);
    EXPECT_EQ(sum.mistakes, mistakes);
    for (std::size_t i = 0; i < logits.size(); ++i) {
      const double sigmoid = 1 / (1 + std::exp(-static_cast<double>(logits[i])));
      EXPECT_NEAR(diff[i], (sigmoid - label) / static_cast<double>(rows), 1e-8);
    }
  }
}

}  // namespace
}  // namespace hpsearch::nn
