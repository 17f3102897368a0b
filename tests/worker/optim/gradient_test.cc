// What is done to gradients before a rule sees them.
#include "worker/optim/gradient.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <vector>

#include "tests/worker/optim/matrices.h"
#include "worker/optim/optimizer.h"

namespace hpsearch::optim {
namespace {

double Norm(const std::vector<float>& values) {
  double sum = 0;
  for (const float value : values) sum += static_cast<double>(value) * value;
  return std::sqrt(sum);
}

TEST(Penalty, IsKerasL1L2) {
  for (const std::int64_t size : {1, 15, 16, 1003}) {
    Matrix matrix{size, 1};
    matrix.value[0] = 0;
    double expected = 0;
    for (const float w : matrix.value) expected += 0.3 * std::abs(w) + 0.07 * static_cast<double>(w) * w;
    EXPECT_NEAR(Penalty(matrix.value, 0.3, 0.07), expected, 1e-12 * expected);
    const std::vector<float> before = matrix.gradient;
    AddPenaltyGradient(matrix.value, 0.3, 0.07, matrix.gradient);
    for (std::size_t i = 0; i < before.size(); ++i) {
      const double w = matrix.value[i];
      const double slope = 0.3 * (w > 0 ? 1 : w < 0 ? -1 : 0) + 2 * 0.07 * w;
      EXPECT_NEAR(matrix.gradient[i], before[i] + slope, 1e-7);
    }
  }
}

TEST(Penalty, OfSomethingNotFiniteIsNotFinite) {
  std::vector<float> value(20, 1.0f);
  value[7] = std::numeric_limits<float>::quiet_NaN();
  EXPECT_TRUE(std::isnan(Penalty(value, 0, 1)));
}

TEST(Clipping, ByNormScalesWhatIsLongerAndNothingElse) {
  Matrix matrix{41, 7};
  const std::vector<float> before = matrix.gradient;
  const double norm = Norm(before);
  EXPECT_NEAR(SquareSum(before), norm * norm, 1e-12);
  ClipByNorm(matrix.gradient, SquareSum(before), norm * 1.001);
  EXPECT_EQ(matrix.gradient, before);
  ClipByNorm(matrix.gradient, SquareSum(before), norm / 4);
  for (std::size_t i = 0; i < before.size(); ++i) EXPECT_FLOAT_EQ(matrix.gradient[i], before[i] / 4);
}

TEST(Clipping, AnInfiniteGradientBecomesNoFiniteOne) {
  std::vector<float> gradient(20, 1.0f);
  gradient[3] = std::numeric_limits<float>::infinity();
  ClipByNorm(gradient, SquareSum(gradient), 1);
  EXPECT_TRUE(std::isnan(gradient[3]));
}

TEST(Clipping, ByValueCutsBothEnds) {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  std::vector<float> gradient = {-3, -0.5f, 0, 0.25f, 0.5f, 7, nan};
  ClipByValue(gradient, 0.5f);
  EXPECT_TRUE(std::isnan(gradient.back()));
  gradient.pop_back();
  EXPECT_EQ(gradient, (std::vector<float>{-0.5f, -0.5f, 0, 0.25f, 0.5f, 0.5f}));
}

// Plain SGD at rate 1 takes off each weight what is left of its gradient.
struct Moved {
  std::vector<float> kernel, bias;
};
Moved Step(const model::Clipping& clipping, double l2 = 0, double* norm = nullptr) {
  Matrix kernel{30, 20};
  Matrix bias{1, 20};
  for (float& each : bias.gradient) each *= 3;
  const Moved before = {kernel.value, bias.value};
  Variable penalized = kernel.View();
  penalized.l2 = l2;
  Optimizer optimizer({.clipping = clipping}, {penalized, bias.View()});
  optimizer.Step(1, 0, norm);
  Moved moved;
  for (std::size_t i = 0; i < before.kernel.size(); ++i)
    moved.kernel.push_back(before.kernel[i] - kernel.value[i]);
  for (std::size_t i = 0; i < before.bias.size(); ++i) moved.bias.push_back(before.bias[i] - bias.value[i]);
  return moved;
}

TEST(Clipping, ANormBoundsEachVariable) {
  const Moved free = Step({});
  const double limit = (Norm(free.kernel) + Norm(free.bias)) / 2;
  const Moved moved = Step({.clipnorm = limit});
  EXPECT_NEAR(Norm(moved.kernel), std::min(limit, Norm(free.kernel)), 1e-5);
  EXPECT_NEAR(Norm(moved.bias), std::min(limit, Norm(free.bias)), 1e-5);
  EXPECT_NE(Norm(free.kernel) > limit, Norm(free.bias) > limit);
}

TEST(Clipping, AGlobalNormBoundsAllTogether) {
  const Moved free = Step({});
  const double global = std::hypot(Norm(free.kernel), Norm(free.bias));
  const Moved moved = Step({.global_clipnorm = global / 2});
  EXPECT_NEAR(Norm(moved.kernel), Norm(free.kernel) / 2, 1e-5);
  EXPECT_NEAR(Norm(moved.bias), Norm(free.bias) / 2, 1e-5);
  EXPECT_EQ(Step({.global_clipnorm = global * 2}).kernel, free.kernel);
}

TEST(Clipping, AValueBoundsEach) {
  for (const float each : Step({.clipvalue = 0.05}).kernel) EXPECT_LE(std::abs(each), 0.05f + 1e-7f);
}

// As in Keras, whose penalties are part of the loss.
TEST(Clipping, ComesBehindThePenalty) {
  const Moved moved = Step({.clipnorm = 0.125}, 1000);
  EXPECT_NEAR(Norm(moved.kernel), 0.125, 1e-5);
}

// Of the gradients before a bound is put on them, and behind the penalties.
TEST(Optimizer, TellsTheNormOfAllGradients) {
  const Moved free = Step({}, 0.5);
  const double global = std::hypot(Norm(free.kernel), Norm(free.bias));
  for (const model::Clipping& clipping :
       {model::Clipping{}, model::Clipping{.clipnorm = 0.01}, {.clipvalue = 0.01}, {.global_clipnorm = 0.01}}) {
    double norm = 0;
    EXPECT_EQ(Step(clipping, 0.5, &norm).kernel, Step(clipping, 0.5).kernel) << "asking changes nothing";
    EXPECT_NEAR(norm, global, 1e-5);
  }
}

TEST(Optimizer, TellsTheNormOfAllThatIsTrained) {
  Matrix kernel{30, 20};
  Matrix bias{1, 20};
  EXPECT_NEAR(Optimizer({}, {kernel.View(), bias.View()}).WeightNorm(),
              std::hypot(Norm(kernel.value), Norm(bias.value)), 1e-9);
  EXPECT_EQ(Optimizer({}, {}).WeightNorm(), 0);
}

TEST(Optimizer, TellsWhatAllPenaltiesComeTo) {
  Matrix first{3, 5};
  Matrix second{2, 5};
  Variable one = first.View();
  one.l1 = 0.5;
  Variable two = second.View();
  two.l2 = 0.25;
  EXPECT_DOUBLE_EQ(Optimizer({}, {one, two}).Penalties(),
                   Penalty(first.value, 0.5, 0) + Penalty(second.value, 0, 0.25));
  EXPECT_EQ(Optimizer({}, {first.View()}).Penalties(), 0);
}

}  // namespace
}  // namespace hpsearch::optim
