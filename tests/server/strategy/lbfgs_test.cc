#include "server/strategy/lbfgs.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace hpsearch::strategy {
namespace {

// Rosenbrock's valley, least at (1, 1).
double Valley(std::span<const double> x, std::span<double> gradient) {
  const double bend = x[1] - x[0] * x[0], off = 1 - x[0];
  gradient[0] = -400 * bend * x[0] - 2 * off;
  gradient[1] = 200 * bend;
  return 100 * bend * bend + off * off;
}

TEST(Lbfgs, FindsTheLeastOfAValley) {
  const std::vector<Interval> box(2, {-2, 2});
  const Minimum found = Minimize(&Valley, {-1.2, 1}, box, 200, 1e-14);
  EXPECT_NEAR(found.at[0], 1, 1e-4);
  EXPECT_NEAR(found.at[1], 1, 1e-4);
  EXPECT_LT(found.value, 1e-8);
}

// Behind the wall it would be less.
TEST(Lbfgs, GoesAlongTheWallOfTheBox) {
  const std::vector<Interval> box = {{-2, 0.5}, {-2, 2}};
  const Minimum found = Minimize(&Valley, {-1.2, 1}, box, 200, 1e-14);
  EXPECT_EQ(found.at[0], 0.5);
  EXPECT_NEAR(found.at[1], 0.25, 1e-5);
}

TEST(Lbfgs, KeepsToItsEvaluationsAndOutOfWhereNothingIs) {
  int evaluations = 0;
  const SmoothFunction bounded = [&evaluations](std::span<const double> x, std::span<double> gradient) {
    ++evaluations;
    gradient[0] = 1;
    return x[0] < 0.3 ? std::numeric_limits<double>::infinity() : x[0];
  };
  const std::vector<Interval> box(1, {0, 1});
  const Minimum found = Minimize(bounded, {1}, box, 30, 0);
  EXPECT_LE(evaluations, 30);
  EXPECT_GE(found.at[0], 0.3);
  EXPECT_LT(found.at[0], 0.4);
  evaluations = 0;
  Minimize(bounded, {1}, box, 1, 0);
  EXPECT_EQ(evaluations, 1);
}

TEST(Lbfgs, OfNoVariablesThereIsOnePlace) {
  const SmoothFunction constant = [](std::span<const double>, std::span<double>) { return 4.0; };
  EXPECT_EQ(Minimize(constant, {}, {}, 10, 0).value, 4.0);
}

}  // namespace
}  // namespace hpsearch::strategy
