// fANOVA by a forest against what is known: Optuna's ranks (tests/oracle/make_importance.py), functions whose
// effects are known, and a full grid's exact analysis.
#include "server/importance/fanova.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "server/importance/anova.h"
#include "server/strategy/draws.h"
#include "tests/server/importance/oracle_tables.h"

namespace hpsearch::importance {
namespace {

Sample Drawn(std::size_t axes, int points, auto objective) {
  Sample sample{.axes = std::vector<Axis>(axes, {.low = 0, .high = 1}), .observations = {}};
  strategy::Draws draws(11, strategy::Purpose::kRandom, 0);
  for (int i = 0; i < points; ++i) {
    Observation& observation = sample.observations.emplace_back();
    for (std::size_t axis = 0; axis < axes; ++axis) observation.at.push_back(draws.Uniform());
    observation.objective = objective(observation.at);
  }
  return sample;
}

TEST(Fanova, RanksAsOptunaDoes) {
  for (const auto& [function, one] : ReadOracle("importance.csv", "trial")) {
    const std::vector<Effect> effects = Fanova(one.sample, 0);
    for (const auto& [pair, apart] : one.answers) {
      EXPECT_GT(effects[pair[0]].importance, effects[pair[1]].importance)
          << function << ": Optuna has x" << pair[0] << " above x" << pair[1] << " by " << apart;
    }
  }
}

TEST(Fanova, FindsWhatIsThere) {
  // Alone 1/12 + (1/2)^2 / 12 of the first axis, so of the second; together 1/12^2; the third does nothing.
  const Sample sample = Drawn(3, 1500, [](const std::vector<double>& x) { return 2 * x[0] + x[0] * x[1]; });
  const double first = 2.5 * 2.5 / 12, second = 0.25 / 12, both = 1.0 / 144;
  const double all = first + second + both;
  const std::vector<Effect> effects = Fanova(sample, 0);
  ASSERT_EQ(effects.size(), 6);
  EXPECT_NEAR(effects[0].importance, first / all, 0.02);
  EXPECT_NEAR(effects[1].importance, second / all, 0.02);
  EXPECT_NEAR(effects[2].importance, 0, 0.005);
  EXPECT_NEAR(effects[3].importance, both / all, 0.01);
  EXPECT_EQ(effects[3].axes, (std::vector<std::size_t>{0, 1}));
  EXPECT_LE(effects[0].low, first / all);
  EXPECT_GE(effects[0].high, first / all);
  EXPECT_LT(effects[0].high - effects[0].low, 0.1);
}

// On each point of a grid once, with axes whose levels lie in the middle of equal cells, a forest says about what
// the exact analysis does; of values without an order too.
TEST(Fanova, ComesToTheExactAnalysisOfAGrid) {
  for (const std::int64_t levels : {0, 4}) {
    const Axis axis = levels > 0 ? Axis{.levels = levels} : Axis{.low = -0.5, .high = 3.5};
    Sample sample{.axes = {axis, axis, axis}, .observations = {}};
    for (int repeated = 0; repeated < 6 * 64; ++repeated) {
      const int i = repeated % 64;
      const std::vector<double> at = {static_cast<double>(i / 16), static_cast<double>(i / 4 % 4),
                                      static_cast<double>(i % 4)};
      sample.observations.push_back({at, std::abs(at[0] - 1) + (at[1] == at[2] ? 0.7 : 0)});
    }
    const auto exact = Anova(sample, 0);
    const std::vector<Effect> effects = Fanova(sample, 0);
    for (std::size_t e = 0; e < effects.size(); ++e) {
      EXPECT_NEAR(effects[e].importance, (*exact)[e].importance, 0.02) << levels << " levels, effect " << e;
    }
  }
}

TEST(Fanova, TheSameSeedGivesTheSameForest) {
  const Sample sample = Drawn(2, 60, [](const std::vector<double>& x) { return std::sin(9 * x[0]) + x[1]; });
  EXPECT_EQ(Fanova(sample, 3)[0].importance, Fanova(sample, 3)[0].importance);
  EXPECT_NE(Fanova(sample, 3)[0].importance, Fanova(sample, 4)[0].importance);
}

TEST(Fanova, WhereNothingDiffersNothingMatters) {
  const std::vector<Effect> effects = Fanova(Drawn(2, 20, [](const auto&) { return 0.3; }), 0);
  for (const Effect& effect : effects) {
    EXPECT_EQ(effect.importance, 0);
  }
}

TEST(Fanova, OfManyAxesPairsThoseThatMatter) {
  const std::vector<Effect> effects =
      Fanova(Drawn(40, 100, [](const std::vector<double>& x) { return x[3] + x[37] * x[3]; }), 0);
  EXPECT_EQ(effects.size(), 40 + 32 * 31 / 2);
  EXPECT_TRUE(std::ranges::any_of(effects, [](const Effect& effect) {
    return effect.axes == std::vector<std::size_t>{3, 37};
  }));
}

}  // namespace
}  // namespace hpsearch::importance
