#include "server/strategy/gp_scale.h"

#include <gtest/gtest.h>

#include <cmath>
#include <numeric>

namespace hpsearch::strategy {
namespace {

TEST(GpScale, HasMeanAndVarianceAndKeepsTheOrder) {
  const std::vector<double> objectives = {5, 1, 40, 2, 3, 4};
  const std::vector<double> scaled = ScaleObjectives(objectives);
  EXPECT_NEAR(std::accumulate(scaled.begin(), scaled.end(), 0.0), 0, 1e-12);
  EXPECT_NEAR(std::inner_product(scaled.begin(), scaled.end(), scaled.begin(), 0.0), 6, 1e-12);
  for (std::size_t i = 0; i < scaled.size(); ++i)
    for (std::size_t j = 0; j < scaled.size(); ++j)
      EXPECT_EQ(scaled[i] < scaled[j], objectives[i] < objectives[j]);
  // Even in the better half.
  EXPECT_NEAR(scaled[3] - scaled[1], scaled[4] - scaled[3], 1e-12);
}

// An error of learning that ran away has no say over how the good ones differ.
TEST(GpScale, BearsWhatIsFarOff) {
  const std::vector<double> scaled = ScaleObjectives(std::vector<double>{1, 2, 3, 4, 5, 1e300, 1.7e308, -1});
  for (const double value : scaled) EXPECT_TRUE(std::isfinite(value));
  EXPECT_GT(scaled[1] - scaled[0], 0.05);
  EXPECT_EQ(scaled[5], scaled[6]);
}

TEST(GpScale, OfEqualsNothingIsWorse) {
  EXPECT_EQ(ScaleObjectives(std::vector<double>{7, 7, 7}), (std::vector<double>{0, 0, 0}));
}

}  // namespace
}  // namespace hpsearch::strategy
