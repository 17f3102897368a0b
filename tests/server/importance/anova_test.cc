// Exact analyses of variance against numpy's least squares (tests/oracle/make_anova.py), and their intervals.
#include "server/importance/anova.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "server/strategy/draws.h"
#include "tests/server/importance/oracle_tables.h"

namespace hpsearch::importance {
namespace {

Sample GridOf(std::size_t first, std::size_t second, std::size_t third, auto objective) {
  Sample sample{.axes = std::vector<Axis>(3, {.low = 0, .high = 9}), .observations = {}};
  for (std::size_t i = 0; i < first * second * third; ++i) {
    const auto a = static_cast<double>(i / third / second), b = static_cast<double>(i / third % second),
               c = static_cast<double>(i % third);
    sample.observations.push_back({{a, b, c}, objective(a, b, c)});
  }
  return sample;
}

TEST(Anova, EqualsAnIndependentOne) {
  for (const auto& [name, one] : ReadOracle("anova.csv", "point")) {
    const auto effects = Anova(one.sample, 0);
    ASSERT_TRUE(effects) << name;
    ASSERT_EQ(effects->size(), one.answers.size()) << name;
    for (std::size_t e = 0; e < effects->size(); ++e) {
      EXPECT_EQ((*effects)[e].axes, one.answers[e].first) << name;
      // numpy's least squares beside a mean of 10^6 has lost some digits.
      EXPECT_NEAR((*effects)[e].importance, one.answers[e].second, name == "large-mean" ? 1e-7 : 1e-12)
          << name << " " << e;
      EXPECT_LE((*effects)[e].low, (*effects)[e].importance);
      EXPECT_GE((*effects)[e].high, (*effects)[e].importance);
    }
  }
}

TEST(Anova, WantsEachCombinationEquallyOften) {
  const auto objective = [](double a, double b, double c) { return a + b * c; };
  Sample sample = GridOf(2, 3, 2, objective);
  EXPECT_TRUE(Anova(sample, 0));
  const Observation last = sample.observations.back();
  sample.observations.pop_back();
  EXPECT_FALSE(Anova(sample, 0)) << "one is missing";
  sample.observations.back() = last;
  EXPECT_FALSE(Anova(sample, 0));
  sample = GridOf(2, 3, 2, objective);
  sample.observations.push_back(last);
  EXPECT_FALSE(Anova(sample, 0)) << "one is there twice";
  sample = GridOf(2, 3, 2, objective);
  sample.observations[0] = sample.observations[1];
  EXPECT_FALSE(Anova(sample, 0)) << "one is there instead of another";
  EXPECT_FALSE(Anova({}, 0));
}

TEST(Anova, WhatIsExplainedWhollyHasNoInterval) {
  const auto effects = Anova(GridOf(3, 3, 2, [](double a, double b, double) { return a * b; }), 5);
  for (const Effect& effect : *effects) {
    EXPECT_NEAR(effect.low, effect.importance, 1e-12);
    EXPECT_NEAR(effect.high, effect.importance, 1e-12);
  }
}

TEST(Anova, WhereNothingDiffersNothingMatters) {
  const auto effects = Anova(GridOf(3, 3, 2, [](double, double, double) { return 0.1; }), 5);
  for (const Effect& effect : *effects) {
    EXPECT_EQ(effect.importance, 0);
    EXPECT_EQ(effect.high, 0);
  }
}

// Of a hundred grids with noise, the interval holds what the effect is without the noise about as often as it
// says.
TEST(Anova, IntervalsHoldTheTruth) {
  const auto truth = [](double a, double b, double) { return a + 0.3 * b; };
  const double wanted = (*Anova(GridOf(4, 4, 4, truth), 0))[0].importance;
  int held = 0;
  for (int draw = 0; draw < 100; ++draw) {
    strategy::Draws draws(77, strategy::Purpose::kRandom, draw);
    const auto effects = Anova(
        GridOf(4, 4, 4, [&](double a, double b, double c) { return truth(a, b, c) + 0.2 * draws.Normal(); }), 1);
    // The noise takes its own share of the variance, 0.2 squared of 1.25 + 0.1125 + 0.04.
    const double share = wanted * 1.3625 / 1.4025;
    held += (*effects)[0].low <= share && share <= (*effects)[0].high ? 1 : 0;
  }
  EXPECT_GE(held, 85);
}

TEST(Anova, TheSameSeedGivesTheSameIntervals) {
  strategy::Draws draws(1, strategy::Purpose::kRandom, 0);
  const Sample sample = GridOf(3, 4, 5, [&](double a, double, double) { return a + draws.Normal(); });
  const auto once = Anova(sample, 3), again = Anova(sample, 3), other = Anova(sample, 4);
  EXPECT_EQ((*once)[0].low, (*again)[0].low);
  EXPECT_NE((*once)[0].low, (*other)[0].low);
  EXPECT_LT((*once)[0].low, (*once)[0].importance);
  EXPECT_GT((*once)[0].high, (*once)[0].importance);
}

}  // namespace
}  // namespace hpsearch::importance
