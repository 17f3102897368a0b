#include "server/importance/regression_tree.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <numeric>

#include "server/strategy/draws.h"

namespace hpsearch::importance {
namespace {

bool IsIn(const Sample& sample, const Leaf& leaf, const std::vector<double>& at) {
  for (std::size_t axis = 0; axis < at.size(); ++axis) {
    const Side& side = leaf.box[axis];
    const bool in = sample.axes[axis].levels > 0 ? side.levels[static_cast<std::size_t>(at[axis])]
                                                 : side.low <= at[axis] && at[axis] < side.high;
    if (!in) return false;
  }
  return true;
}

std::vector<std::uint32_t> All(const Sample& sample) {
  std::vector<std::uint32_t> all(sample.observations.size());
  std::iota(all.begin(), all.end(), 0);
  return all;
}

TEST(RegressionTree, SplitsWhereTheSquaredErrorIsLeast) {
  Sample sample{.axes = {{.low = 0, .high = 10}, {.low = 0, .high = 1}}, .observations = {}};
  for (const double at : {1.0, 2.0, 6.0, 7.0}) sample.observations.push_back({{at, 0.5}, at < 3 ? 1.0 : 5.0});
  const std::vector<Leaf> leaves = GrowTree(sample, All(sample));
  ASSERT_EQ(leaves.size(), 2);
  EXPECT_EQ(leaves[0].value, 1);
  EXPECT_EQ(leaves[0].box[0].high, 4);
  EXPECT_EQ(leaves[1].value, 5);
  EXPECT_EQ(leaves[1].box[0].low, 4);
  EXPECT_EQ(leaves[1].box[1].high, 1);
}

TEST(RegressionTree, LeavesFillTheSpaceOnceAndHoldTheirPoints) {
  Sample sample{.axes = {{.low = 0, .high = 1}, {.levels = 3}, {.low = 0, .high = 1}}, .observations = {}};
  strategy::Draws draws(5, strategy::Purpose::kRandom, 0);
  const auto drawn = [&] {
    return std::vector<double>{draws.Uniform(), static_cast<double>(draws.Below(3)), draws.Uniform()};
  };
  for (int i = 0; i < 100; ++i) sample.observations.push_back({drawn(), draws.Normal()});
  const std::vector<Leaf> leaves = GrowTree(sample, All(sample));
  const auto leaves_at = [&](const std::vector<double>& at) {
    std::vector<const Leaf*> found;
    for (const Leaf& leaf : leaves) {
      if (IsIn(sample, leaf, at)) found.push_back(&leaf);
    }
    return found;
  };
  for (int i = 0; i < 1000; ++i) EXPECT_EQ(leaves_at(drawn()).size(), 1);
  for (const Observation& observation : sample.observations) {
    ASSERT_EQ(leaves_at(observation.at).size(), 1);
    EXPECT_EQ(leaves_at(observation.at)[0]->value, observation.objective);
  }
}

TEST(RegressionTree, EqualPointsShareALeafOfTheirMean) {
  const Sample sample{.axes = {{.low = 0, .high = 1}}, .observations = {{{0.5}, 1}, {{0.5}, 2}}};
  const std::vector<Leaf> leaves = GrowTree(sample, {0, 1, 1, 1});
  ASSERT_EQ(leaves.size(), 1);
  EXPECT_EQ(leaves[0].value, 1.75);
}

// Two axes of which neither explains anything alone: the first split gains nothing, and must be made all the same.
TEST(RegressionTree, SeesWhatOnlyTwoAxesExplain) {
  Sample sample{.axes = {{.levels = 2}, {.levels = 2}}, .observations = {}};
  for (int i = 0; i < 4; ++i) {
    const double a = i / 2, b = i % 2;
    sample.observations.push_back({{a, b}, a == b ? 1.0 : 0.0});
  }
  EXPECT_EQ(GrowTree(sample, All(sample)).size(), 4);
}

TEST(RegressionTree, TellsNeighboursApartThatHaveNothingBetweenThem) {
  const double next = std::nextafter(0.5, 1.0);
  const Sample sample{.axes = {{.low = 0, .high = 1}}, .observations = {{{0.5}, 1}, {{next}, 2}}};
  const std::vector<Leaf> leaves = GrowTree(sample, {0, 1});
  ASSERT_EQ(leaves.size(), 2);
  EXPECT_EQ(leaves[0].box[0].high, next);
}

}  // namespace
}  // namespace hpsearch::importance
