// Schedules against numpy's formulas and PyTorch's schedulers (tests/oracle/make_torch_training.py).
#include "worker/optim/schedule.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/worker/optim/oracle_table.h"
#include "worker/optim/plateau.h"

namespace hpsearch::optim {
namespace {

constexpr TrainingLength kLength = {.steps_per_epoch = 5, .epochs = 6};

std::vector<double> Expected(const std::string& name) {
  std::vector<double> rates;
  for (const auto& row : RowsOf("torch_schedules.csv", name)) rates.push_back(Floats(row[1]).front());
  return rates;
}

TEST(Schedule, TimeDecayIsKeras) {
  EXPECT_EQ(ScheduledRate(0.1, model::TimeDecay{1e-4}, kLength, 0), 0.1);
  EXPECT_EQ(ScheduledRate(0.1, model::TimeDecay{1e-4}, kLength, 391), 0.1 / (1.0 + 1e-4 * 391.0));
  EXPECT_EQ(ScheduledRate(0.1, model::TimeDecay{0}, kLength, 1000), 0.1);
}

TEST(Schedule, StepIsPyTorchsByEpoch) {
  const std::vector<double> expected = Expected("step");
  ASSERT_EQ(expected.size(), 20U);
  for (std::int64_t step = 0; step < 100; ++step) {
    EXPECT_NEAR(ScheduledRate(0.5, model::StepDecay{.epochs = 3, .factor = 0.4}, kLength, step),
                expected[static_cast<std::size_t>(step / 5)], 1e-15)
        << step;
  }
}

struct Case {
  std::string name;
  model::Schedule schedule;
};

class ByStep : public testing::TestWithParam<Case> {};

TEST_P(ByStep, IsNumpys) {
  const std::vector<double> expected = Expected(GetParam().name);
  ASSERT_EQ(expected.size(), 40U);
  for (std::int64_t step = 0; step < 40; ++step) {
    EXPECT_NEAR(ScheduledRate(0.5, GetParam().schedule, kLength, step), expected[static_cast<std::size_t>(step)],
                1e-15)
        << step;
  }
}

INSTANTIATE_TEST_SUITE_P(
    Schedules, ByStep,
    testing::Values(Case{"exponential", model::ExponentialDecay{.decay_rate = 0.9, .decay_steps = 4}},
                    Case{"staircase",
                         model::ExponentialDecay{.decay_rate = 0.9, .decay_steps = 4, .staircase = true}},
                    Case{"polynomial", model::PolynomialDecay{.final_factor = 0.1, .power = 2}},
                    Case{"cosine", model::CosineDecay{.final_factor = 0.1}},
                    Case{"warmup", model::CosineDecay{.warmup_epochs = 2}}),
    [](const auto& info) { return info.param.name; });

TEST(Schedule, ItsOwnEpochsComeBeforeTheTrainings) {
  const TrainingLength longer = {.steps_per_epoch = 5, .epochs = 100};
  for (std::int64_t step = 0; step < 40; ++step) {
    EXPECT_EQ(ScheduledRate(1, model::CosineDecay{.epochs = 6, .warmup_epochs = 1}, longer, step),
              ScheduledRate(1, model::CosineDecay{.warmup_epochs = 1}, kLength, step));
    EXPECT_EQ(ScheduledRate(1, model::PolynomialDecay{.epochs = 6}, longer, step),
              ScheduledRate(1, model::PolynomialDecay{}, kLength, step));
  }
}

class Plateau : public testing::TestWithParam<std::tuple<int, int>> {};

TEST_P(Plateau, IsKerasAsPyTorchComputesIt) {
  const auto [patience, cooldown] = GetParam();
  const std::vector<double> expected =
      Expected("plateau_" + std::to_string(patience) + "_" + std::to_string(cooldown));
  const std::vector<double> monitored = Expected("monitored");
  ASSERT_EQ(expected.size(), 25U);
  ASSERT_EQ(monitored.size(), 25U);
  const model::ReduceOnPlateau rule = {
      .factor = 0.5, .patience = patience, .min_delta = 1e-3, .cooldown = cooldown, .min_lr = 0.05};
  PlateauState state = {.learning_rate = 0.5};
  for (std::size_t epoch = 0; epoch < monitored.size(); ++epoch) {
    EXPECT_DOUBLE_EQ(state.learning_rate, expected[epoch]) << epoch;
    state = AfterEpoch(rule, state, monitored[epoch]);
  }
  EXPECT_LT(state.learning_rate, 0.5);
}

INSTANTIATE_TEST_SUITE_P(PatienceAndCooldown, Plateau,
                         testing::Values(std::tuple(2, 0), std::tuple(1, 3), std::tuple(3, 2)));

}  // namespace
}  // namespace hpsearch::optim
