// SGD to the bit, and the max-norm that every rule's pass applies.
#include "worker/optim/update.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "tests/worker/optim/matrices.h"
#include "worker/optim/max_norm.h"
#include "worker/optim/optimizer.h"

namespace hpsearch::optim {
namespace {

constexpr double kRate = 0.03;

TEST(Sgd, WithoutMomentumGoesDownTheGradient) {
  Matrix matrix{37, 11};
  const std::vector<float> before = matrix.value;
  Optimizer({}, {matrix.View()}).Step(kRate, 0);
  for (std::size_t i = 0; i < before.size(); ++i)
    EXPECT_EQ(matrix.value[i], before[i] - 0.03f * matrix.gradient[i]);
}

// Two steps with one gradient: the second finds the velocity of the first.
TEST(Sgd, MomentumIsKerasVelocity) {
  for (const bool nesterov : {false, true}) {
    Matrix matrix{37, 11};
    const Matrix before = matrix;
    Optimizer optimizer({.rule = model::Sgd{.momentum = 0.9, .nesterov = nesterov}}, {matrix.View()});
    optimizer.Step(kRate, 0);
    optimizer.Step(kRate, 1);
    for (std::size_t i = 0; i < before.value.size(); ++i) {
      const float slope = 0.03f * before.gradient[i];
      float velocity = 0;
      float value = before.value[i];
      for (int step = 0; step < 2; ++step) {
        velocity = 0.9f * velocity - slope;
        value += nesterov ? 0.9f * velocity - slope : velocity;
      }
      EXPECT_EQ(optimizer.State()[0][i], velocity);
      EXPECT_EQ(matrix.value[i], value);
    }
  }
}

struct Shape {
  std::int64_t inputs;
  std::int64_t units;
};

class MaxNorm : public testing::TestWithParam<std::tuple<Shape, bool>> {};

TEST_P(MaxNorm, IsTheUpdateThenKerasFactorPerUnit) {
  const auto [shape, units_innermost] = GetParam();
  const std::vector<model::Optimizer> optimizers = {{},
                                                    {.rule = model::Sgd{.momentum = 0.9}},
                                                    {.rule = model::Sgd{.momentum = 0.9, .nesterov = true}},
                                                    {.rule = model::Adam{}},
                                                    {.rule = model::AdamW{}},
                                                    {.rule = model::Adadelta{}},
                                                    {.rule = model::RmsProp{}},
                                                    {.rule = model::RmsProp{.momentum = 0.5}},
                                                    {.rule = model::RmsProp{.centered = true}},
                                                    {.rule = model::RmsProp{.momentum = 0.5, .centered = true}}};
  for (const model::Optimizer& spec : optimizers) {
    Matrix plain{shape.inputs, shape.units, units_innermost};
    Matrix bound = plain;
    Optimizer free(spec, {plain.View()});
    free.Step(kRate, 0);
    // A limit amid the norms: some units are cut, some are not.
    const double limit = 0.1 * std::sqrt(static_cast<double>(shape.inputs));
    Optimizer held(spec, {bound.View(static_cast<float>(limit))});
    held.Step(kRate, 0);
    for (std::size_t slot = 0; slot < free.State().size(); ++slot) {
      EXPECT_TRUE(std::ranges::equal(free.State()[slot], held.State()[slot]));
    }
    for (std::int64_t unit = 0; unit < shape.units; ++unit) {
      double norm = 0;
      for (std::int64_t input = 0; input < shape.inputs; ++input) {
        norm += static_cast<double>(plain.value[plain.At(input, unit)]) * plain.value[plain.At(input, unit)];
      }
      norm = std::sqrt(norm);
      const double factor = std::min(norm, limit) / (norm + 1e-7);
      for (std::int64_t input = 0; input < shape.inputs; ++input) {
        const double expected = plain.value[plain.At(input, unit)] * factor;
        ASSERT_NEAR(bound.value[plain.At(input, unit)], expected, 1e-6 * std::abs(expected))
            << unit << " " << input;
      }
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Shapes, MaxNorm,
                         testing::Combine(testing::Values(Shape{1, 1}, Shape{784, 128}, Shape{33, 65},
                                                          Shape{100, 10}, Shape{32, 200}),
                                          testing::Bool()));

// Wherever among their neighbours they stand: those are not touched, and none is passed over.
TEST(MaxNormOfAFew, HoldsThemAlone) {
  for (const std::int64_t units : {65, 200}) {
    for (std::int64_t unit = 0; unit < units; ++unit) {
      Matrix matrix{40, units};
      std::ranges::fill(matrix.gradient, 0.0f);
      // Of such a norm, 19, Keras's 1e-7 is lost in rounding: the factor is 1.
      std::ranges::fill(matrix.value, 3.0f);
      const std::int64_t other = (unit + 21) % units;
      for (std::int64_t input = 0; input < matrix.inputs; ++input) {
        for (const std::int64_t large : {unit, other}) matrix.value[matrix.At(input, large)] = 10;
      }
      const std::vector<float> before = matrix.value;
      Optimizer({}, {matrix.View(30.0f)}).Step(kRate, 0);
      for (std::size_t i = 0; i < before.size(); ++i) {
        const auto at = static_cast<std::int64_t>(i) % units;
        if (at == unit || at == other) {
          ASSERT_NEAR(matrix.value[i], 30 / std::sqrt(40.0), 1e-5) << units << " " << unit;
        } else {
          ASSERT_EQ(matrix.value[i], before[i]) << units << " " << unit << " " << at;
        }
      }
    }
  }
}

TEST(MaxNormFactor, OfZeroWeightsIsZeroNotNaN) { EXPECT_EQ(MaxNormFactor(0.0f, 1.0f), 0.0f); }

}  // namespace
}  // namespace hpsearch::optim
