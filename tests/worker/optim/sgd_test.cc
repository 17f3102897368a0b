#include "worker/optim/sgd.h"

#include <gtest/gtest.h>

#include <cmath>
#include <random>
#include <vector>

#include "worker/optim/max_norm.h"
#include "worker/optim/time_decay.h"

namespace hpsearch::optim {
namespace {

struct Matrix {
  std::int64_t inputs;
  std::int64_t units;
  bool units_innermost;
  std::vector<float> value = Random(1);
  std::vector<float> gradient = Random(2);
  std::vector<float> velocity = Random(3);

  std::vector<float> Random(unsigned seed) const {
    std::mt19937 engine(seed);
    std::normal_distribution<float> normal(0, 0.1f);
    std::vector<float> values(static_cast<std::size_t>(inputs * units));
    for (float& each : values) each = normal(engine);
    return values;
  }
  Variable View(bool with_velocity, std::optional<double> max_norm = {}) {
    return {.value = value,
            .gradient = gradient,
            .velocity = with_velocity ? std::span(velocity) : std::span<float>(),
            .inputs = inputs,
            .units = units,
            .units_innermost = units_innermost,
            .max_norm = max_norm};
  }
};

const SgdStep kStep = {.rate = 0.03f, .momentum = 0.9f};

TEST(Sgd, WithoutMomentumGoesDownTheGradient) {
  Matrix matrix{37, 11, true};
  const std::vector<float> before = matrix.value;
  ApplySgd(kStep, matrix.View(false));
  for (std::size_t i = 0; i < before.size(); ++i)
    EXPECT_EQ(matrix.value[i], before[i] - 0.03f * matrix.gradient[i]);
}

TEST(Sgd, MomentumIsKerasVelocity) {
  Matrix matrix{37, 11, true};
  const Matrix before = matrix;
  ApplySgd(kStep, matrix.View(true));
  for (std::size_t i = 0; i < before.value.size(); ++i) {
    const float velocity = 0.9f * before.velocity[i] - 0.03f * before.gradient[i];
    EXPECT_EQ(matrix.velocity[i], velocity);
    EXPECT_EQ(matrix.value[i], before.value[i] + velocity);
  }
}

TEST(Sgd, NesterovLooksAhead) {
  Matrix matrix{37, 11, true};
  const Matrix before = matrix;
  ApplySgd({.rate = 0.03f, .momentum = 0.9f, .nesterov = true}, matrix.View(true));
  for (std::size_t i = 0; i < before.value.size(); ++i) {
    const float velocity = 0.9f * before.velocity[i] - 0.03f * before.gradient[i];
    EXPECT_EQ(matrix.velocity[i], velocity);
    EXPECT_EQ(matrix.value[i], before.value[i] + (0.9f * velocity - 0.03f * before.gradient[i]));
  }
}

struct Shape {
  std::int64_t inputs;
  std::int64_t units;
};

class MaxNorm : public testing::TestWithParam<std::tuple<Shape, bool>> {};

TEST_P(MaxNorm, IsTheUpdateThenKerasFactorPerUnit) {
  const auto [shape, units_innermost] = GetParam();
  for (const bool with_velocity : {false, true}) {
    Matrix plain{shape.inputs, shape.units, units_innermost};
    Matrix bound = plain;
    ApplySgd(kStep, plain.View(with_velocity));
    // A limit amid the norms: some units are cut, some are not.
    const double limit = 0.1 * std::sqrt(static_cast<double>(shape.inputs));
    ApplySgd(kStep, bound.View(with_velocity, limit));
    EXPECT_EQ(plain.velocity, bound.velocity);
    for (std::int64_t unit = 0; unit < shape.units; ++unit) {
      const auto at = [&](std::int64_t input) {
        return static_cast<std::size_t>(units_innermost ? input * shape.units + unit
                                                        : unit * shape.inputs + input);
      };
      double norm = 0;
      for (std::int64_t input = 0; input < shape.inputs; ++input) {
        norm += static_cast<double>(plain.value[at(input)]) * plain.value[at(input)];
      }
      norm = std::sqrt(norm);
      const double factor = std::min(norm, limit) / (norm + 1e-7);
      for (std::int64_t input = 0; input < shape.inputs; ++input) {
        const double expected = plain.value[at(input)] * factor;
        ASSERT_NEAR(bound.value[at(input)], expected, 1e-6 * std::abs(expected)) << unit << " " << input;
      }
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Shapes, MaxNorm,
                         testing::Combine(testing::Values(Shape{1, 1}, Shape{784, 128}, Shape{33, 65},
                                                          Shape{100, 10}, Shape{32, 200}),
                                          testing::Bool()));

TEST(MaxNormFactor, OfZeroWeightsIsZeroNotNaN) { EXPECT_EQ(MaxNormFactor(0.0f, 1.0f), 0.0f); }

TEST(TimeDecay, IsKeras) {
  EXPECT_EQ(TimeDecayRate(0.1, 1e-4, 0), 0.1);
  EXPECT_DOUBLE_EQ(TimeDecayRate(0.1, 1e-4, 391), 0.1 / 1.0391);
  EXPECT_EQ(TimeDecayRate(0.1, 0, 1000), 0.1);
}

}  // namespace
}  // namespace hpsearch::optim
