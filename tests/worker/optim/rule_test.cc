// Every update rule against its formulas in double, and against what PyTorch made of the same gradients.
#include "worker/optim/rule.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <ostream>
#include <span>
#include <string>
#include <vector>

#include "tests/worker/optim/matrices.h"
#include "tests/worker/optim/naive_rules.h"
#include "tests/worker/optim/oracle_table.h"
#include "worker/optim/integer_power.h"
#include "worker/optim/optimizer.h"

namespace hpsearch::optim {
namespace {

struct Case {
  std::string name;  // the table's
  model::Optimizer optimizer;
};
void PrintTo(const Case& rule, std::ostream* out) { *out << rule.name; }

// As tests/oracle/make_torch_training.py has them.
std::vector<Case> Cases() {
  return {
      {"sgd", {.learning_rate = 0.05}},
      {"sgd_momentum", {.learning_rate = 0.05, .rule = model::Sgd{.momentum = 0.9}}},
      {"sgd_nesterov", {.learning_rate = 0.05, .rule = model::Sgd{.momentum = 0.9, .nesterov = true}}},
      {"adam", {.learning_rate = 0.01, .rule = model::Adam{.beta_1 = 0.8, .beta_2 = 0.95, .epsilon = 0}}},
      {"adamw", {.learning_rate = 0.01, .rule = model::AdamW{.adam = {.epsilon = 0}, .weight_decay = 0.5}}},
      {"adadelta", {.learning_rate = 2.0, .rule = model::Adadelta{.rho = 0.9, .epsilon = 1e-3}}},
      {"rmsprop", {.learning_rate = 0.01, .rule = model::RmsProp{.rho = 0.8, .epsilon = 0}}},
      {"rmsprop_momentum",
       {.learning_rate = 0.01, .rule = model::RmsProp{.rho = 0.8, .momentum = 0.7, .epsilon = 0}}},
      {"rmsprop_centered",
       {.learning_rate = 0.01, .rule = model::RmsProp{.rho = 0.8, .epsilon = 0, .centered = true}}},
      {"rmsprop_centered_momentum",
       {.learning_rate = 0.01,
        .rule = model::RmsProp{.rho = 0.8, .momentum = 0.7, .epsilon = 0, .centered = true}}},
  };
}

// |a - b| / |b|
double Distance(const std::vector<double>& a, const std::vector<double>& b) {
  double difference = 0;
  double norm = 0;
  for (std::size_t i = 0; i < b.size(); ++i) {
    difference += (a[i] - b[i]) * (a[i] - b[i]);
    norm += b[i] * b[i];
  }
  return std::sqrt(difference / norm);
}

class UpdateRule : public testing::TestWithParam<Case> {};

TEST_P(UpdateRule, IsPyTorchs) {
  const auto rows = RowsOf("torch_optimizers.csv", GetParam().name);
  ASSERT_EQ(rows.size(), 13U);
  const std::vector<double> start = Floats(rows[0][2]);
  Matrix matrix{static_cast<std::int64_t>(start.size()), 1};
  matrix.value.assign(start.begin(), start.end());
  Optimizer optimizer(GetParam().optimizer, {matrix.View()});
  for (std::size_t step = 1; step < rows.size(); ++step) {
    const std::vector<double> gradient = Floats(rows[step][1]);
    std::ranges::copy(gradient, matrix.gradient.begin());
    optimizer.Step(GetParam().optimizer.learning_rate, static_cast<std::int64_t>(step) - 1);
    EXPECT_LT(Distance({matrix.value.begin(), matrix.value.end()}, Floats(rows[step][2])), 1e-6) << step;
  }
}

// With Keras's epsilon, a rate that changes and a smaller one, as every variable may have; both orders in memory.
TEST_P(UpdateRule, IsItsFormulaInDouble) {
  model::Optimizer spec = GetParam().optimizer;
  if (auto* adam = std::get_if<model::Adam>(&spec.rule)) adam->epsilon = 1e-3;
  if (auto* adamw = std::get_if<model::AdamW>(&spec.rule)) adamw->adam.epsilon = 1e-3;
  if (auto* rmsprop = std::get_if<model::RmsProp>(&spec.rule)) rmsprop->epsilon = 1e-3;
  for (const bool units_innermost : {true, false}) {
    Matrix matrix{45, 150, units_innermost};
    std::vector<NaiveWeight> naive;
    for (const float value : matrix.value) naive.push_back({.value = value});
    Variable view = matrix.View();
    view.rate_factor = 0.5;
    Optimizer optimizer(spec, {view});
    for (std::int64_t step = 0; step < 10; ++step) {
      const double rate = spec.learning_rate / (1 + 0.1 * static_cast<double>(step));
      std::ranges::copy(matrix.Random(static_cast<unsigned>(step) + 10), matrix.gradient.begin());
      for (std::size_t i = 0; i < naive.size(); ++i) {
        NaiveUpdate(spec, 0.5 * rate, step + 1, matrix.gradient[i], naive[i]);
      }
      optimizer.Step(rate, step);
    }
    std::vector<double> expected;
    for (const NaiveWeight& weight : naive) expected.push_back(weight.value);
    EXPECT_LT(Distance({matrix.value.begin(), matrix.value.end()}, expected), 2e-6);
  }
}

TEST_P(UpdateRule, AGradientOfZerosFromTheStartMovesNothing) {
  model::Optimizer spec = GetParam().optimizer;
  if (std::holds_alternative<model::AdamW>(spec.rule)) spec.rule = model::AdamW{.weight_decay = 0};
  if (std::holds_alternative<model::Adam>(spec.rule)) spec.rule = model::Adam{};
  if (auto* rmsprop = std::get_if<model::RmsProp>(&spec.rule)) rmsprop->epsilon = 1e-7;
  Matrix matrix{45, 15};
  std::ranges::fill(matrix.gradient, 0.0f);
  const std::vector<float> before = matrix.value;
  Optimizer optimizer(spec, {matrix.View()});
  for (std::int64_t step = 0; step < 3; ++step) optimizer.Step(0.1, step);
  EXPECT_EQ(matrix.value, before);
}

// A vector's lane or a loop's rest: no bit depends on which, nor on the instruction set.
TEST_P(UpdateRule, HasTheSameBitsWeightByWeight) {
  Matrix together{9, 150};
  Matrix apart = together;
  std::vector<Variable> each;
  for (std::size_t i = 0; i < apart.value.size(); ++i) {
    each.push_back({.value = std::span(apart.value).subspan(i, 1),
                    .gradient = std::span(apart.gradient).subspan(i, 1),
                    .inputs = 1,
                    .units = 1});
  }
  Optimizer whole(GetParam().optimizer, {together.View()});
  Optimizer single(GetParam().optimizer, each);
  for (std::int64_t step = 0; step < 3; ++step) {
    whole.Step(0.01, step);
    single.Step(0.01, step);
  }
  EXPECT_EQ(together.value, apart.value);
}

// What a checkpoint needs: the same state, the same bits from there.
TEST_P(UpdateRule, GoesOnFromItsState) {
  Matrix straight{20, 30};
  Optimizer optimizer(GetParam().optimizer, {straight.View()});
  optimizer.Step(0.01, 0);
  Matrix resumed = straight;
  Optimizer fresh(GetParam().optimizer, {resumed.View()});
  const auto from = optimizer.State();
  const auto to = fresh.State();
  ASSERT_EQ(from.size(), to.size());
  for (std::size_t i = 0; i < from.size(); ++i) std::ranges::copy(from[i], to[i].begin());
  optimizer.Step(0.01, 1);
  fresh.Step(0.01, 1);
  EXPECT_EQ(straight.value, resumed.value);
}

INSTANTIATE_TEST_SUITE_P(Rules, UpdateRule, testing::ValuesIn(Cases()),
                         [](const auto& info) { return info.param.name; });

TEST(IntegerPower, IsPow) {
  EXPECT_EQ(IntegerPower(0.9, 0), 1);
  EXPECT_EQ(IntegerPower(0.9, 1), 0.9);
  EXPECT_EQ(IntegerPower(0.0, 7), 0);
  for (const std::int64_t exponent : {2, 7, 64, 1000, 123457}) {
    EXPECT_NEAR(IntegerPower(0.9999, exponent) / std::pow(0.9999, static_cast<double>(exponent)), 1, 1e-10);
  }
  EXPECT_EQ(IntegerPower(0.5, std::int64_t{1} << 62), 0);
}

}  // namespace
}  // namespace hpsearch::optim
