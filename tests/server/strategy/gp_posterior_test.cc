#include "server/strategy/gp_posterior.h"

#include <gtest/gtest.h>

#include <cmath>

#include "tests/server/strategy/gaussian_process_table.h"

namespace hpsearch::strategy {
namespace {

class GpPosterior : public testing::Test {
 protected:
  Posterior Of(const GaussianProcessTable::Case& one) const {
    Posterior posterior(table_.cube, Exponentials(one.logs));
    for (const Coordinates& at : table_.points) posterior.Add(at);
    posterior.Observe(table_.observed);
    return posterior;
  }

  const GaussianProcessTable table_ = ReadGaussianProcessTable();
};

TEST_F(GpPosterior, IsThatOfTheFormulas) {
  for (const auto& one : table_.cases) {
    const Posterior posterior = Of(one);
    std::vector<Coordinates> points;
    for (const auto& answer : one.answers) points.push_back(answer.at);
    const auto together = posterior.At(points);
    std::vector<double> by_mean(3), by_deviation(3);
    for (std::size_t i = 0; i < points.size(); ++i) {
      const auto alone = posterior.At(points[i], by_mean, by_deviation);
      for (const Posterior::Belief& belief : {together[i], alone}) {
        EXPECT_NEAR(belief.mean, one.answers[i].mean, 1e-8);
        EXPECT_NEAR(belief.deviation, one.answers[i].deviation, 1e-8);
      }
    }
  }
}

TEST_F(GpPosterior, GradientsAreThoseOfDifferences) {
  constexpr double kStep = 1e-5;
  std::vector<double> by_mean(3), by_deviation(3), unused(3);
  for (const auto& one : table_.cases) {
    const Posterior posterior = Of(one);
    for (const auto& answer : one.answers) {
      posterior.At(answer.at, by_mean, by_deviation);
      for (std::size_t d = 0; d < 3; ++d) {
        double mean = 0, deviation = 0;  // of levels and of what is absent
        if (d < 2 && !IsAbsent(answer.at[d])) {
          Coordinates above = answer.at, below = answer.at;
          above[d] += kStep;
          below[d] -= kStep;
          const auto high = posterior.At(above, unused, unused), low = posterior.At(below, unused, unused);
          mean = (high.mean - low.mean) / (2 * kStep);
          deviation = (high.deviation - low.deviation) / (2 * kStep);
        }
        EXPECT_NEAR(by_mean[d], mean, 1e-5 * (1 + std::abs(mean)));
        EXPECT_NEAR(by_deviation[d], deviation, 1e-5 * (1 + std::abs(deviation)));
      }
    }
  }
}

TEST_F(GpPosterior, SaysWhatItTakesTheObservedToBe) {
  Posterior posterior = Of(table_.cases[0]);
  const std::vector<double> means = posterior.Observe(table_.observed);
  const auto beliefs = posterior.At(table_.points);
  for (std::size_t i = 0; i < means.size(); ++i) EXPECT_NEAR(means[i], beliefs[i].mean, 1e-9);
}

// The mean stays, the uncertainty round it goes.
TEST_F(GpPosterior, TakesAPointUnderWayToComeOutAsExpected) {
  const auto& one = table_.cases[0];
  Posterior posterior = Of(one);
  const std::vector<Coordinates> points = {one.answers[0].at, one.answers[1].at};
  const auto before = posterior.At(points);
  posterior.Add(points[0]);
  posterior.Observe(table_.observed);
  const auto after = posterior.At(points);
  EXPECT_EQ(after[0].mean, before[0].mean);
  EXPECT_EQ(after[1].mean, before[1].mean);
  EXPECT_LT(after[0].deviation, 0.2 * before[0].deviation);
  EXPECT_LT(after[1].deviation, before[1].deviation);
  posterior.Truncate(table_.points.size());
  EXPECT_EQ(posterior.At(points)[0].deviation, before[0].deviation);
}

}  // namespace
}  // namespace hpsearch::strategy
