// Each kind of layer, and graphs of them, against numerical gradients: the loss as a function of every weight.
#include "worker/nn/graph.h"

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

// Reads these layers rather than the one before it.
model::Layer Of(std::vector<std::int64_t> inputs, model::Layer layer) {
  layer.inputs = std::move(inputs);
  return layer;
}
model::Layer Add(std::vector<std::int64_t> inputs) {
  return {.name = "add", .kind = model::AddLayer{}, .src = {}, .dst = {}, .inputs = std::move(inputs)};
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
  // Of dropout in branches, which the naive network of the layers' tests does not know.
  add("DropoutInABranch",
      {Dense(kInputs, 20, ActivationKind::kTanh), Dropout(20, 0.5), Of({0}, Dense(20, 20, ActivationKind::kTanh)),
       Add({1, 2})},
      20);
  add("DropoutBesideTwoReaders",
      {Dense(kInputs, 20, ActivationKind::kTanh), Of({0}, Dense(20, 20, ActivationKind::kTanh)),
       Of({0}, Dropout(20, 0.5)), Of({0}, Dense(20, 20, ActivationKind::kTanh)), Add({3, 1, 2})},
      20);
  add("DropoutOfTheSampleInABranch",
      {Dropout(kInputs, 0.4), Dense(kInputs, 20, ActivationKind::kTanh),
       Of({model::kNetworkInput}, Dense(kInputs, 20, ActivationKind::kTanh)), Add({1, 2})},
      20);
  const auto image = [&](std::string name, std::int64_t filters) {
    std::vector<model::Layer> layers = {
        {.name = "conv",
         .kind =
             model::Conv2dLayer{.filters = filters, .kernel_size = {2, 2}, .activation = ActivationKind::kTanh},
         .src = {4, 5},
         .dst = {filters, 3, 4}},
        {.name = "dropout", .kind = model::SpatialDropout2dLayer{0.5}, .src = {filters, 3, 4}, .dst = {}},
        Add({0, 1}),
        Dense(filters * 12, 3, ActivationKind::kSoftmax)};
    cases.push_back({std::move(name), {.src = {4, 5}, .layers = std::move(layers)}, kRows});
  };
  image("SpatialDropoutInBlocks", 16);
  image("SpatialDropoutLast", 5);
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
  auto graph = Graph::Create(GetParam().network, {.seed = 5});
  ASSERT_TRUE(graph.ok()) << graph.status();
  const std::int64_t rows = GetParam().rows;
  auto pass = (*graph)->MakeTrainingPass(rows);
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
  for (Parameter* parameter : (*graph)->parameters()) {
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

TEST(Graph, LeavesTheFirstDropoutAndTheLastActivationToOthers) {
  const auto graph = Graph::Create({.src = {2, 6},
                                    .layers = {{.name = "flatten", .kind = model::FlattenLayer{}},
                                               Dropout(kInputs, 0.2),
                                               Dense(kInputs, 4, ActivationKind::kLinear),
                                               Activation(4, ActivationKind::kSoftmax)}},
                                   {});
  ASSERT_TRUE(graph.ok()) << graph.status();
  EXPECT_TRUE((*graph)->input_dropout().has_value());
  EXPECT_EQ((*graph)->dst_width(), 4);
}

TEST(Graph, InferenceIsTrainingWithoutDropout) {
  omp_set_num_threads(1);
  const std::vector<model::Layer> with = {Dense(kInputs, 20, ActivationKind::kTanh), Dropout(20, 0.5),
                                          Dense(20, 3, ActivationKind::kSoftmax)};
  auto graph = Graph::Create({.src = {kInputs}, .layers = with}, {.seed = 1});
  ASSERT_TRUE(graph.ok());
  auto inference = (*graph)->MakeInferencePass(2);
  auto training = (*graph)->MakeTrainingPass(2);
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

// The outputs and gradients of a step.
std::vector<float> BitsOf(std::vector<model::Layer> layers) {
  auto graph = Graph::Create({.src = {kInputs}, .layers = std::move(layers)}, {.seed = 1});
  EXPECT_TRUE(graph.ok()) << graph.status();
  auto pass = (*graph)->MakeTrainingPass(kRows);
  EXPECT_TRUE(pass.ok()) << pass.status();
  for (std::int64_t i = 0; i < kRows * kInputs; ++i) (*pass)->src()[i] = std::sin(static_cast<float>(i));
  EXPECT_TRUE((*pass)->Forward(kStep).ok());
  std::vector<float> bits((*pass)->dst(), (*pass)->dst() + kRows * (*graph)->dst_width());
  std::ranges::copy(bits, (*pass)->diff_dst());
  EXPECT_TRUE((*pass)->Backward().ok());
  for (const Parameter* parameter : (*graph)->parameters()) {
    bits.insert(bits.end(), parameter->gradient.span().begin(), parameter->gradient.span().end());
  }
  return bits;
}

TEST(Graph, InputsThatAreSaidAreTheOnesThatAreMeant) {
  omp_set_num_threads(1);
  std::vector<model::Layer> layers = {
      Dropout(kInputs, 0.2), Dense(kInputs, 20, ActivationKind::kTanh), Activation(20, ActivationKind::kSigmoid),
      Dropout(20, 0.5),      Dense(20, 9, ActivationKind::kRelu),       Dense(9, 3, ActivationKind::kSoftmax)};
  const std::vector<float> plain = BitsOf(layers);
  for (std::size_t i = 0; i < layers.size(); ++i) layers[i].inputs = {static_cast<std::int64_t>(i) - 1};
  EXPECT_EQ(BitsOf(layers), plain);
}

TEST(Graph, AppliesADropoutItselfWhereAnotherReadsTheSample) {
  const auto graph = Graph::Create(
      {.src = {kInputs},
       .layers = {Dropout(kInputs, 0.2), Of({model::kNetworkInput}, Activation(kInputs, ActivationKind::kTanh)),
                  Add({0, 1}), Dense(kInputs, 3, ActivationKind::kSoftmax)}},
      {});
  ASSERT_TRUE(graph.ok()) << graph.status();
  EXPECT_FALSE((*graph)->input_dropout().has_value());
}

TEST(Graph, RefusesWhatItCannotRun) {
  const auto code = [](std::vector<model::Layer> layers) {
    return Graph::Create({.src = {kInputs}, .layers = std::move(layers)}, {}).status().code();
  };
  EXPECT_EQ(code({Dense(kInputs, 4, ActivationKind::kSoftmax), Dense(4, 4, ActivationKind::kSoftmax)}),
            absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(code({Dropout(kInputs, 1.0)}), absl::StatusCode::kInvalidArgument);
  const model::Layer dense = Dense(kInputs, 4, ActivationKind::kSoftmax);
  for (const std::vector<std::int64_t>& inputs : {std::vector<std::int64_t>{0}, {-2}, {-1, -1}}) {
    EXPECT_EQ(code({Of(inputs, dense)}), absl::StatusCode::kInvalidArgument);
  }
  EXPECT_EQ(code({Add({-1})}), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(code({Dropout(kInputs, 0.5), Of({-1}, dense)}),
            absl::StatusCode::kInvalidArgument);                               // nobody reads it
  EXPECT_EQ(code({dense, Add({0, -1})}), absl::StatusCode::kInvalidArgument);  // 4 and 12
  EXPECT_EQ(code({Dense(kInputs, 0, ActivationKind::kSoftmax)}), absl::StatusCode::kInvalidArgument);
}

}  // namespace
}  // namespace hpsearch::nn
