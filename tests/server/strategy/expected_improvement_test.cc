#include "server/strategy/expected_improvement.h"

#include <gtest/gtest.h>

#include <cmath>

#include "tests/server/strategy/gaussian_process_table.h"

namespace hpsearch::strategy {
namespace {

TEST(ExpectedImprovement, IsExactFarWhereThePlainOneIsZero) {
  for (const auto& [z, log] : ReadGaussianProcessTable().improvements) {
    EXPECT_NEAR(LogExpectedImprovement(-z, 1, 0).value, log, 1e-10 * (1 + std::abs(log))) << z;
    EXPECT_NEAR(LogExpectedImprovement(5 - 0.5 * z, 0.5, 5).value, log + std::log(0.5),
                1e-10 * (1 + std::abs(log)));
  }
}

TEST(ExpectedImprovement, GradientsAreThoseOfDifferences) {
  for (const double mean : {-3.0, -0.2, 0.0, 0.4, 1.0, 3.0, 11.0, 13.0, 40.0}) {
    for (const double deviation : {0.5, 1.0, 2.0}) {
      const double step = 1e-6 * (1 + std::abs(mean));
      const auto value = [](double at, double wide) { return LogExpectedImprovement(at, wide, 0.1).value; };
      const double by_mean = (value(mean + step, deviation) - value(mean - step, deviation)) / (2 * step);
      const double by_deviation = (value(mean, deviation + step) - value(mean, deviation - step)) / (2 * step);
      const LogImprovement improvement = LogExpectedImprovement(mean, deviation, 0.1);
      EXPECT_NEAR(improvement.by_mean, by_mean, 1e-5 * (1 + std::abs(by_mean))) << mean << " " << deviation;
      EXPECT_NEAR(improvement.by_deviation, by_deviation, 1e-5 * (1 + std::abs(by_deviation))) << mean;
    }
  }
}

}  // namespace
}  // namespace hpsearch::strategy
