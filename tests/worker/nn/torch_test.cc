// Twenty steps of training follow PyTorch's (torch_losses.py).
#include <gtest/gtest.h>
#include <omp.h>

#include <algorithm>
#include <cmath>
#include <span>
#include <string>
#include <vector>

#include "server/model/json.h"
#include "tests/worker/nn/torch_losses.h"
#include "worker/nn/graph.h"
#include "worker/nn/loss.h"
#include "worker/optim/optimizer.h"

namespace hpsearch::nn {
namespace {

constexpr std::int64_t kRows = 12;
constexpr double kRate = 0.005;

float Sine(int array, std::int64_t index, double offset, double scale) {
  return static_cast<float>(offset + static_cast<double>(static_cast<float>(
                                         scale * std::sin(array + 0.7 * static_cast<double>(index)))));
}

// `gammas`: the parameters that begin at 1.
std::vector<double> LossesOf(const char* layers, const model::Shape& src, const std::vector<std::size_t>& gammas) {
  omp_set_num_threads(1);
  model::Faults faults;
  const model::Network network = model::ReadNetwork(*model::FromJson(layers), src, faults);
  EXPECT_TRUE(faults.empty()) << faults.front().path << ": " << faults.front().message;
  auto graph = Graph::Create(network, {});
  EXPECT_TRUE(graph.ok()) << graph.status();
  for (std::size_t at = 0; at < (*graph)->parameters().size(); ++at) {
    Parameter& parameter = *(*graph)->parameters()[at];
    const bool gamma = std::ranges::count(gammas, at) > 0;
    const double scale = parameter.inputs > 1 ? 0.2 : 0.1;
    for (std::int64_t input = 0, i = 0; input < parameter.inputs; ++input) {
      for (std::int64_t unit = 0; unit < parameter.units; ++unit, ++i) {
        parameter.value.data()[parameter.At(input, unit)] =
            Sine(static_cast<int>(at) + 2, i, gamma ? 1.0 : 0.0, scale);
      }
    }
  }
  auto pass = (*graph)->MakeTrainingPass(kRows);
  EXPECT_TRUE(pass.ok()) << pass.status();
  std::vector<std::uint8_t> labels;
  for (std::int64_t i = 0; i < kRows * model::Elements(src); ++i) (*pass)->src()[i] = Sine(1, i, 0.0, 1.0);
  for (std::int64_t row = 0; row < kRows; ++row) labels.push_back(static_cast<std::uint8_t>(row % 3));
  const auto loss = MakeSoftmaxCrossEntropy(3);
  std::vector<optim::Variable> variables;
  for (Parameter* parameter : (*graph)->parameters()) {
    variables.push_back({.value = parameter->value.span(),
                         .gradient = parameter->gradient.span(),
                         .inputs = parameter->inputs,
                         .units = parameter->units,
                         .units_innermost = parameter->units_innermost});
  }
  optim::Optimizer optimizer({.learning_rate = kRate, .rule = model::Sgd{.momentum = 0.9}}, std::move(variables));
  std::vector<double> losses;
  for (int step = 0; step < 20; ++step) {
    EXPECT_TRUE((*pass)->Forward().ok());
    losses.push_back(loss->Evaluate((*pass)->dst(), {.labels = labels.data()}, kRows, (*pass)->diff_dst()).loss /
                     kRows);
    EXPECT_TRUE((*pass)->Backward().ok());
    optimizer.Step(kRate, step);
  }
  return losses;
}

void ExpectFollows(const std::vector<double>& losses, const std::vector<double>& expected) {
  ASSERT_EQ(losses.size(), expected.size());
  for (std::size_t i = 0; i < losses.size(); ++i)
    EXPECT_NEAR(losses[i], expected[i], 1e-4 * expected[i]) << "step " << i;
}

TEST(Torch, AnMlpFollowsIt) {
  ExpectFollows(LossesOf(R"([{"dense":{"units":24,"activation":"relu"}},{"dense":{"units":16,"activation":"tanh"}},
                             {"dense":{"units":3,"activation":"softmax"}}])",
                         {20}, {}),
                kMlpLosses);
}

TEST(Torch, ACnnFollowsIt) {
  ExpectFollows(LossesOf(R"([{"conv2d":{"filters":16,"kernel_size":3,"activation":"relu"}},"max_pooling2d",
                             {"conv2d":{"filters":32,"kernel_size":3,"padding":"same"}},"batch_normalization",
                             {"activation":"swish"},"average_pooling2d","flatten",
                             {"dense":{"units":16,"activation":"gelu"}},{"dense":{"units":3,"activation":"softmax"}}])",
                         {10, 11}, {4}),
                kCnnLosses);
}

TEST(Torch, ACnnOfOddChannelsFollowsIt) {
  ExpectFollows(LossesOf(R"([{"conv2d":{"filters":6,"kernel_size":3,"strides":2,"activation":"elu"}},
                             {"conv2d":{"filters":10,"kernel_size":2,"groups":2,"activation":"leaky_relu"}},
                             {"max_pooling2d":{"pool_size":2,"strides":1}},"flatten",
                             {"dense":{"units":5,"activation":"softplus"}},"batch_normalization",
                             {"dense":{"units":3,"activation":"softmax"}}])",
                         {3, 9, 9}, {6}),
                kOddCnnLosses);
}

TEST(Torch, AResidualNetworkFollowsIt) {
  const auto conv = [](const char* keys) {
    return std::string(R"({"conv2d":{"padding":"same","use_bias":false,)") + keys + "}}";
  };
  const std::string layers =
      "[" + conv(R"("filters":16,"kernel_size":3)") + R"(,"batch_normalization",)" +
      R"({"activation":{"activation":"relu","name":"fork"}},)" +
      conv(R"("filters":32,"kernel_size":3,"strides":2)") + R"(,"batch_normalization",{"activation":"relu"},)" +
      conv(R"("filters":32,"kernel_size":3)") + R"(,{"batch_normalization":{"name":"branch"}},)" +
      conv(R"("filters":32,"kernel_size":1,"strides":2,"input":"fork")") +
      R"(,{"batch_normalization":{"name":"shortcut"}},{"add":{"inputs":["branch","shortcut"]}},{"activation":"relu"},
         "global_average_pooling2d",{"dense":{"units":3,"activation":"softmax"}}])";
  ExpectFollows(LossesOf(layers.c_str(), {8, 8}, {1, 4, 7, 10}), kResidualLosses);
}

std::string Inception(int width) {
  const auto conv = [](const char* name, const char* input, int filters, int size) {
    return R"({"conv2d":{"padding":"same","activation":"relu","name":")" + std::string(name) + R"(","input":")" +
           input + R"(","filters":)" + std::to_string(filters) + R"(,"kernel_size":)" + std::to_string(size) +
           "}},";
  };
  return "[" + conv("a", "input", width, 1) + conv("b1", "input", width, 1) + conv("b", "b1", 2 * width, 3) +
         conv("c1", "input", width, 1) + conv("c", "c1", width, 5) +
         R"({"max_pooling2d":{"name":"d1","input":"input","pool_size":3,"strides":1,"padding":"same"}},)" +
         conv("d", "d1", width, 1) + R"({"concatenate":{"inputs":["a","b","c","d"]}},"max_pooling2d","flatten",
         {"dense":{"units":3,"activation":"softmax"}}])";
}

TEST(Torch, AnInceptionBlockFollowsIt) {
  ExpectFollows(LossesOf(Inception(16).c_str(), {3, 7, 8}, {}), kInceptionLosses);
}

TEST(Torch, AnInceptionBlockOfOddChannelsFollowsIt) {
  ExpectFollows(LossesOf(Inception(5).c_str(), {3, 7, 8}, {}), kOddInceptionLosses);
}

}  // namespace
}  // namespace hpsearch::nn
