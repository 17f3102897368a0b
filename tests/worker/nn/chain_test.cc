// Each kind of layer, and chains of them, against numerical gradients: the loss as a function of every weight.
#include "worker/nn/chain.h"

#include <gtest/gtest.h>
#include <omp.h>

#include <algorithm>
#include <cmath>
#include <random>
#include <string>
#include <vector>

#include "worker/nn/loss.h"

namespace hpsearch::nn {
namespace {

using model::ActivationKind;

model::Layer Dense(std::int64_t inputs, std::int64_t units, ActivationKind activation, bool use_bias = true) {
  return {.name = "dense",
          .kind = model::DenseLayer{.units = units,
                                    .activation = activation,
                                    .use_bias = use_bias,
                                    .bias_initializer = model::InitializerKind::kUniform},
          .src = {inputs},
          .dst = {units}};
}
model::Layer Dropout(std::int64_t width, double rate) {
  return {.name = "dropout", .kind = model::DropoutLayer{rate}, .src = {width}, .dst = {width}};
}
model::Layer Activation(std::int64_t width, ActivationKind activation) {
  return {.name = "activation", .kind = model::ActivationLayer{activation}, .src = {width}, .dst = {width}};
}

struct Case {
  std::string name;
  model::Network network;
  std::int64_t rows;
};

constexpr std::int64_t kRows = 5;
constexpr std::int64_t kInputs = 12;
const Step kStep = {.epoch = 1, .index = 3};

std::vector<Case> Cases() {
  std::vector<Case> cases;
  const auto add = [&](std::string name, std::vector<model::Layer> layers, std::int64_t last) {
    layers.push_back(Dense(last, 3, ActivationKind::kSoftmax));
    const model::Shape src = layers.front().src;
    cases.push_back({std::move(name), {.src = src, .layers = std::move(layers)}, kRows});
  };
  add("Softmax", {}, kInputs);
  for (const auto& [name, kind] :
       {std::pair("Linear", ActivationKind::kLinear), std::pair("Relu", ActivationKind::kRelu),
        std::pair("Tanh", ActivationKind::kTanh), std::pair("Sigmoid", ActivationKind::kSigmoid)}) {
    add(std::string("Dense") + name, {Dense(kInputs, 20, kind)}, 20);
    add(std::string("DenseNarrow") + name, {Dense(kInputs, 7, kind)}, 7);
    add(std::string("Activation") + name, {Dense(kInputs, 20, ActivationKind::kTanh), Activation(20, kind)}, 20);
  }
  add("DenseWithoutBias", {Dense(kInputs, 20, ActivationKind::kTanh, false)}, 20);
  add("DropoutInTheMiddle", {Dense(kInputs, 20, ActivationKind::kTanh), Dropout(20, 0.5)}, 20);
  add("DropoutTwice",
      {Dense(kInputs, 20, ActivationKind::kRelu), Dropout(20, 0.2), Dense(20, 18, ActivationKind::kSigmoid),
       Dropout(18, 0.3)},
      18);
  add("ActivationInFront", {Activation(kInputs, ActivationKind::kTanh), Dense(kInputs, 16, ActivationKind::kRelu)},
      16);
  // So much wider than its units that the weight gradient is another primitive's.
  add("DenseWideInput", {Dense(80, 16, ActivationKind::kTanh)}, 16);
  add("DenseWideInputWiderUnits", {Dense(80, 20, ActivationKind::kSigmoid)}, 20);
  // Bias gradients over two tiles of units and two blocks of rows.
  add("DenseManyUnitsManyRows", {Dense(kInputs, 300, ActivationKind::kTanh)}, 300);
  cases.back().rows = 40;
  return cases;
}

class Gradients : public testing::TestWithParam<Case> {
 protected:
  void SetUp() override { omp_set_num_threads(1); }
};

TEST_P(Gradients, AreTheDifferencesOfTheLoss) {
  auto chain = Chain::Create(GetParam().network, {.seed = 5});
  ASSERT_TRUE(chain.ok()) << chain.status();
  const std::int64_t rows = GetParam().rows;
  auto pass = (*chain)->MakeTrainingPass(rows);
  ASSERT_TRUE(pass.ok()) << pass.status();
  std::mt19937 engine(1);
  std::normal_distribution<float> normal;
  const std::int64_t values = rows * model::Elements(GetParam().network.src);
  for (std::int64_t i = 0; i < values; ++i) (*pass)->src()[i] = normal(engine);
  std::vector<std::uint8_t> labels;
  for (std::int64_t row = 0; row < rows; ++row)
    labels.push_back(static_cast<std::uint8_t>(std::min(row % 5, 4 - row % 5)));
  const auto loss = MakeSoftmaxCrossEntropy(3);
  const auto mean_loss = [&](float* diff) {
    EXPECT_TRUE((*pass)->Forward(kStep).ok());
    return loss->Evaluate((*pass)->dst(), {.labels = labels.data()}, rows, diff).loss / static_cast<double>(rows);
  };

  mean_loss((*pass)->diff_dst());
  ASSERT_TRUE((*pass)->Backward().ok());
  for (Parameter* parameter : (*chain)->parameters()) {
    for (std::size_t i = 0; i < parameter->value.size(); ++i) {
      float& weight = parameter->value.data()[i];
      const float before = weight;
      constexpr float kStepSize = 4e-3f;
      weight = before + kStepSize;
      const double above = mean_loss(nullptr);
      weight = before - kStepSize;
      const double below = mean_loss(nullptr);
      weight = before;
      ASSERT_NEAR(parameter->gradient.data()[i], (above - below) / (2 * kStepSize), 2e-4)
          << parameter->inputs << " x " << parameter->units << " at " << i;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Layers, Gradients, testing::ValuesIn(Cases()),
                         [](const auto& info) { return info.param.name; });

TEST(Chain, LeavesTheFirstDropoutAndTheLastActivationToOthers) {
  const auto chain = Chain::Create({.src = {2, 6},
                                    .layers = {{.name = "flatten", .kind = model::FlattenLayer{}},
                                               Dropout(kInputs, 0.2),
                                               Dense(kInputs, 4, ActivationKind::kLinear),
                                               Activation(4, ActivationKind::kSoftmax)}},
                                   {});
  ASSERT_TRUE(chain.ok()) << chain.status();
  EXPECT_TRUE((*chain)->input_dropout().has_value());
  EXPECT_EQ((*chain)->dst_width(), 4);
}

TEST(Chain, InferenceIsTrainingWithoutDropout) {
  omp_set_num_threads(1);
  const std::vector<model::Layer> with = {Dense(kInputs, 20, ActivationKind::kTanh), Dropout(20, 0.5),
                                          Dense(20, 3, ActivationKind::kSoftmax)};
  auto chain = Chain::Create({.src = {kInputs}, .layers = with}, {.seed = 1});
  ASSERT_TRUE(chain.ok());
  auto inference = (*chain)->MakeInferencePass(2);
  auto training = (*chain)->MakeTrainingPass(2);
  ASSERT_TRUE(inference.ok() && training.ok());
  for (std::int64_t i = 0; i < 2 * kInputs; ++i) {
    (*inference)->src()[i] = (*training)->src()[i] = static_cast<float>(i) / 10;
  }
  ASSERT_TRUE((*inference)->Forward().ok() && (*training)->Forward(kStep).ok());
  EXPECT_NE((*inference)->dst()[0], (*training)->dst()[0]);
  const std::vector<float> first((*inference)->dst(), (*inference)->dst() + 6);
  ASSERT_TRUE((*inference)->Forward({.epoch = 9, .index = 9}).ok());
  EXPECT_EQ(first, std::vector<float>((*inference)->dst(), (*inference)->dst() + 6));
}

TEST(Chain, RefusesWhatItCannotRun) {
  const auto code = [](std::vector<model::Layer> layers) {
    return Chain::Create({.src = {kInputs}, .layers = std::move(layers)}, {}).status().code();
  };
  EXPECT_EQ(code({Dense(kInputs, 4, ActivationKind::kSoftmax), Dense(4, 4, ActivationKind::kSoftmax)}),
            absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(code({Dropout(kInputs, 1.0)}), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(code({Dense(kInputs, 0, ActivationKind::kSoftmax)}), absl::StatusCode::kInvalidArgument);
}

}  // namespace
}  // namespace hpsearch::nn
