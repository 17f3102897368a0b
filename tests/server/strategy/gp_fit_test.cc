#include "server/strategy/gp_fit.h"

#include <gtest/gtest.h>

#include <cmath>

#include "server/strategy/draws.h"
#include "tests/server/strategy/gaussian_process_table.h"

namespace hpsearch::strategy {
namespace {

PointSet SetOf(const Cube& cube, const std::vector<Coordinates>& points) {
  PointSet set(cube);
  for (const Coordinates& at : points) set.Add(at);
  return set;
}

TEST(GpFit, LikelihoodIsScipys) {
  const GaussianProcessTable table = ReadGaussianProcessTable();
  const PointSet points = SetOf(table.cube, table.points);
  for (const auto& one : table.cases) {
    EXPECT_NEAR(MarginalLikelihood(points, table.observed, one.logs).value, one.likelihood,
                1e-9 * std::abs(one.likelihood));
  }
}

TEST(GpFit, GradientIsThatOfDifferences) {
  const GaussianProcessTable table = ReadGaussianProcessTable();
  const PointSet points = SetOf(table.cube, table.points);
  constexpr double kStep = 1e-5;
  for (const auto& one : table.cases) {
    const LogLikelihood likelihood = MarginalLikelihood(points, table.observed, one.logs);
    for (std::size_t i = 0; i < one.logs.size(); ++i) {
      LogHyperparameters above = one.logs, below = one.logs;
      above[i] += kStep;
      below[i] -= kStep;
      const double difference = (MarginalLikelihood(points, table.observed, above).value -
                                 MarginalLikelihood(points, table.observed, below).value) /
                                (2 * kStep);
      EXPECT_NEAR(likelihood.gradient[i], difference, 1e-5 * (1 + std::abs(difference))) << i;
    }
  }
}

// A function of the first coordinate alone, with noise: that is what comes out, the same each time.
TEST(GpFit, FindsWhichDimensionMattersAndHowMuchIsNoise) {
  Draws draws(3, Purpose::kGp, 0);
  PointSet points(Cube(3));
  std::vector<double> values;
  for (int i = 0; i < 80; ++i) {
    const Coordinates at = {draws.Uniform(), draws.Uniform(), draws.Uniform()};
    points.Add(at);
    values.push_back(1.4 * std::sin(7 * at[0]) + 0.1 * draws.Normal());
  }
  const Hyperparameters fitted = FitHyperparameters(points, values);
  EXPECT_GT(fitted.weights[0], 20 * fitted.weights[1]);
  EXPECT_GT(fitted.weights[0], 20 * fitted.weights[2]);
  EXPECT_GT(fitted.noise, 0.1 * 0.1 / 2);
  EXPECT_LT(fitted.noise, 0.1 * 0.1 * 2);
  EXPECT_EQ(FitHyperparameters(points, values), fitted);
}

}  // namespace
}  // namespace hpsearch::strategy
