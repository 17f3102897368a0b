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

namespace hpsearch::nn {
namespace {

constexpr std::int64_t kRows = 12;
constexpr float kRate = 0.01f;

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
  std::vector<double> losses;
  for (int step = 0; step < 20; ++step) {
    EXPECT_TRUE((*pass)->Forward().ok());
    losses.push_back(loss->Evaluate((*pass)->dst(), {.labels = labels.data()}, kRows, (*pass)->diff_dst()).loss /
                     kRows);
    EXPECT_TRUE((*pass)->Backward().ok());
    for (Parameter* parameter : (*graph)->parameters()) {
      for (std::size_t i = 0; i < parameter->value.size(); ++i)
        parameter->value.data()[i] -= kRate * parameter->gradient.data()[i];
    }
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

}  // namespace
}  // namespace hpsearch::nn
