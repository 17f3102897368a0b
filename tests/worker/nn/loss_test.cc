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
        MakeSoftmaxCrossEntropy(units)->Evaluate(logits.data(), {.labels = labels.data()}, rows, actual.data());
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
  EXPECT_EQ(MakeSoftmaxCrossEntropy(3)->Evaluate(logits.data(), {.labels = &right}, 1, diff.data()).loss, 0);
  EXPECT_EQ(diff, (std::vector<float>{0, 0, 0}));
  EXPECT_NEAR(MakeSoftmaxCrossEntropy(3)->Evaluate(logits.data(), {.labels = &wrong}, 1, diff.data()).loss, 1e30,
              1e23);
  EXPECT_EQ(diff, (std::vector<float>{1, 0, -1}));
}

TEST(Loss, WhatIsNotFiniteStaysSo) {
  const std::uint8_t label = 1;
  for (const float bad : {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity()}) {
    for (std::size_t place = 0; place < 3; ++place) {
      std::vector<float> logits = {1, 2, 3};
      logits[place] = bad;
      EXPECT_FALSE(
          std::isfinite(MakeSoftmaxCrossEntropy(3)->Evaluate(logits.data(), {.labels = &label}, 1, nullptr).loss));
    }
    EXPECT_FALSE(
        std::isfinite(MakeSigmoidBinaryCrossEntropy()->Evaluate(&bad, {.labels = &label}, 1, nullptr).loss));
  }
}

TEST(Loss, OfEqualLogitsTheFirstIsPredicted) {
  const std::vector<float> logits = {1, 3, 3, 2};
  for (std::uint8_t label = 0; label < 4; ++label) {
    EXPECT_EQ(MakeSoftmaxCrossEntropy(4)->Evaluate(logits.data(), {.labels = &label}, 1, nullptr).mistakes,
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
    const LossSum sum =
        MakeSigmoidBinaryCrossEntropy()->Evaluate(logits.data(), {.labels = labels.data()}, rows, diff.data());
    EXPECT_NEAR(sum.loss, loss, 1e-9 * loss);
    EXPECT_EQ(sum.mistakes, mistakes);
    for (std::size_t i = 0; i < logits.size(); ++i) {
      const double sigmoid = 1 / (1 + std::exp(-static_cast<double>(logits[i])));
      EXPECT_NEAR(diff[i], (sigmoid - label) / static_cast<double>(rows), 1e-8);
    }
  }
}

// Keras: the label's share of 1 - s, and s for all classes alike; by definition, not from logits.
TEST(LabelSmoothing, IsKerasCategoricalCrossentropy) {
  const Case size = {37, 5};
  const std::vector<float> logits = Logits(size, 2);
  std::vector<std::uint8_t> labels;
  double loss = 0;
  std::vector<double> diff;
  for (std::int64_t row = 0; row < size.rows; ++row) {
    labels.push_back(static_cast<std::uint8_t>(row % size.units));
    double sum = 0;
    for (std::int64_t unit = 0; unit < size.units; ++unit) sum += std::exp(logits[row * size.units + unit]);
    for (std::int64_t unit = 0; unit < size.units; ++unit) {
      const double probability = std::exp(static_cast<double>(logits[row * size.units + unit])) / sum;
      const double target = 0.7 * (unit == labels.back()) + 0.3 / static_cast<double>(size.units);
      loss -= target * std::log(probability);
      diff.push_back((probability - target) / static_cast<double>(size.rows));
    }
  }
  std::vector<float> actual(logits.size());
  const LossSum sum = MakeSoftmaxCrossEntropy(size.units, 0.3)
                          ->Evaluate(logits.data(), {.labels = labels.data()}, size.rows, actual.data());
  EXPECT_NEAR(sum.loss, loss, 1e-6 * loss);
  for (std::size_t i = 0; i < diff.size(); ++i) EXPECT_NEAR(actual[i], diff[i], 1e-8);
}

TEST(LabelSmoothing, IsKerasBinaryCrossentropy) {
  for (const std::uint8_t label : {0, 1}) {
    const float logit = 0.7f;
    const double p = 1 / (1 + std::exp(-static_cast<double>(logit)));
    const double target = label * 0.8 + 0.1;
    float diff = 0;
    const LossSum sum = MakeSigmoidBinaryCrossEntropy(0.2)->Evaluate(&logit, {.labels = &label}, 1, &diff);
    EXPECT_NEAR(sum.loss, -target * std::log(p) - (1 - target) * std::log(1 - p), 1e-12);
    EXPECT_NEAR(diff, p - target, 1e-7);
    EXPECT_EQ(sum.mistakes, label == 1 ? 0 : 1);
  }
}

TEST(MeanError, OfRowsIsTheMeanOverTheirUnits) {
  const std::vector<float> outputs = {1, 2, 3, 4, 5, 6};
  const std::vector<float> targets = {1, 4, 2, 4, 5, 9};
  std::vector<float> diff(6);
  const LossSum squared =
      MakeMeanSquaredError(3)->Evaluate(outputs.data(), {.values = targets.data()}, 2, diff.data());
  EXPECT_DOUBLE_EQ(squared.loss, (0 + 4 + 1) / 3.0 + (0 + 0 + 9) / 3.0);
  EXPECT_EQ(squared.mistakes, 0);
  EXPECT_EQ(diff, (std::vector<float>{0, -4 / 6.0f, 2 / 6.0f, 0, 0, -1}));
  const LossSum absolute =
      MakeMeanAbsoluteError(3)->Evaluate(outputs.data(), {.values = targets.data()}, 2, diff.data());
  EXPECT_DOUBLE_EQ(absolute.loss, (0 + 2 + 1) / 3.0 + (0 + 0 + 3) / 3.0);
  EXPECT_EQ(diff, (std::vector<float>{0, -1 / 6.0f, 1 / 6.0f, 0, 0, -1 / 6.0f}));
}

// Central differences of the mean loss, of every loss there is.
TEST(Loss, GradientsAreNumericalOnes) {
  const Case size = {6, 4};
  for (const model::Loss kind : {model::Loss::kCrossEntropy, model::Loss::kBinaryCrossEntropy,
                                 model::Loss::kMeanSquaredError, model::Loss::kMeanAbsoluteError}) {
    const std::int64_t units = kind == model::Loss::kBinaryCrossEntropy ? 1 : size.units;
    std::vector<float> outputs = Logits({size.rows, units}, 1);
    const std::vector<float> values = Logits({size.rows + 1, units}, 3);
    const std::vector<std::uint8_t> labels = {0, 1, 1, 0, 1, 0};
    const Targets targets = {.labels = labels.data(), .values = values.data()};
    const auto loss = MakeLoss(kind, units, 0.1);
    std::vector<float> diff(outputs.size());
    loss->Evaluate(outputs.data(), targets, size.rows, diff.data());
    for (std::size_t i = 0; i < outputs.size(); ++i) {
      const float at = outputs[i];
      constexpr float kStep = 0x1p-8f;
      outputs[i] = at + kStep;
      const double above = loss->Evaluate(outputs.data(), targets, size.rows, nullptr).loss;
      outputs[i] = at - kStep;
      const double below = loss->Evaluate(outputs.data(), targets, size.rows, nullptr).loss;
      outputs[i] = at;
      EXPECT_NEAR(diff[i], (above - below) / (2 * kStep) / static_cast<double>(size.rows), 1e-5)
          << static_cast<int>(kind) << " " << i;
    }
  }
}

TEST(MeanError, WhatIsNotFiniteStaysSo) {
  const float target = 1;
  for (const float bad : {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity()}) {
    EXPECT_FALSE(std::isfinite(MakeMeanSquaredError(1)->Evaluate(&bad, {.values = &target}, 1, nullptr).loss));
    EXPECT_FALSE(std::isfinite(MakeMeanAbsoluteError(1)->Evaluate(&bad, {.values = &target}, 1, nullptr).loss));
  }
}

}  // namespace
}  // namespace hpsearch::nn
