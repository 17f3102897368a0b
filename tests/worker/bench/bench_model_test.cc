// The models are those of the contract.
#include "worker/bench/bench_model.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace hpsearch::bench {
namespace {

using model::ActivationKind;
using model::InitializerKind;

std::vector<decltype(model::Layer::kind)> KindsOf(const model::Network& network) {
  std::vector<decltype(model::Layer::kind)> kinds;
  for (const model::Layer& layer : network.layers) kinds.push_back(layer.kind);
  return kinds;
}

TEST(BenchModel, MlpIsTheArticles) {
  const auto mlp = MakeBenchModel("mlp", 128, {28, 28});
  ASSERT_TRUE(mlp.ok()) << mlp.status();
  const auto dense = [](ActivationKind activation) {
    return model::DenseLayer{
        .units = 128, .activation = activation, .kernel_initializer = InitializerKind::kNormal, .max_norm = 5.0};
  };
  EXPECT_THAT(
      KindsOf(mlp->network),
      testing::ElementsAre(model::DropoutLayer{0.2}, dense(ActivationKind::kRelu), model::DropoutLayer{0.5},
                           dense(ActivationKind::kTanh), model::DropoutLayer{0.5},
                           model::DenseLayer{.units = 10, .activation = ActivationKind::kSoftmax}));
  EXPECT_EQ(mlp->training.optimizer,
            (model::Optimizer{.learning_rate = 0.1, .rule = model::Sgd{.momentum = 0.9}}));
  EXPECT_EQ(mlp->training.batch_size, 128);
  EXPECT_EQ(mlp->epoch_samples, 60000);
}

TEST(BenchModel, WideHasTwoHiddenLayersOf1024) {
  const auto wide = MakeBenchModel("wide", 64, {784});
  ASSERT_TRUE(wide.ok()) << wide.status();
  const model::DenseLayer hidden = {.units = 1024, .activation = ActivationKind::kRelu, .max_norm = 5.0};
  EXPECT_THAT(KindsOf(wide->network),
              testing::ElementsAre(model::DropoutLayer{0.2}, hidden, model::DropoutLayer{0.5}, hidden,
                                   model::DropoutLayer{0.5},
                                   model::DenseLayer{.units = 10, .activation = ActivationKind::kSoftmax}));
  EXPECT_EQ(wide->training.optimizer,
            (model::Optimizer{.learning_rate = 0.025, .rule = model::Sgd{.momentum = 0.9}}));
}

TEST(BenchModel, AnotherNameIsRefusedWithThoseThatThereAre) {
  const auto none = MakeBenchModel("tall", 128, {784});
  EXPECT_EQ(none.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(none.status().message()), testing::HasSubstr("mlp, wide, cnn"));
}

}  // namespace
}  // namespace hpsearch::bench
