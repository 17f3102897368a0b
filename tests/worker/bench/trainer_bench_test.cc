// What the rates are made of; how high they are is nobody's to assert.
#include "worker/bench/trainer_bench.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "server/model/json.h"
#include "worker/bench/synthetic_set.h"
#include "worker/nn/roofline.h"

namespace hpsearch::bench {
namespace {

// 2mnk by hand: forward and weight gradients of three layers, data gradients of the last two.
constexpr double kMlpFlopsOfARow = 2.0 * (2 * (784 * 128 + 128 * 128 + 128 * 10) + (128 * 128 + 128 * 10));

TEST(Roofline, CountsTheProductsOfAStep) {
  const auto mlp = MakeBenchModel("mlp", 8, {784});
  ASSERT_TRUE(mlp.ok());
  const auto roofline = nn::Roofline::Create(mlp->network, 8);
  ASSERT_TRUE(roofline.ok()) << roofline.status();
  EXPECT_EQ((*roofline)->flops(), 8 * kMlpFlopsOfARow);
  EXPECT_TRUE((*roofline)->Step().ok());
}

// By hand: 26x26 places of 32 filters of 9 weights, 11x11 of 64 of 288; then 1600-128-10.
TEST(Roofline, CountsConvolutionsAndNoPoolings) {
  constexpr double kFirst = 26.0 * 26 * 32 * 9, kSecond = 11.0 * 11 * 64 * 288, kDense = 1600 * 128 + 128 * 10;
  const auto cnn = MakeBenchModel("cnn", 4, {28, 28});
  ASSERT_TRUE(cnn.ok()) << cnn.status();
  const auto roofline = nn::Roofline::Create(cnn->network, 4);
  ASSERT_TRUE(roofline.ok()) << roofline.status();
  EXPECT_EQ((*roofline)->flops(), 2.0 * 4 * (2 * kFirst + 3 * kSecond + 3 * kDense));
  EXPECT_TRUE((*roofline)->Step().ok());
}

// Layers in front of the first that is trained have no gradient to hand back, a flatten has no product.
TEST(Roofline, WantsNoDataGradientOfTheFirstTrainedLayer) {
  const model::Network network = {
      .src = {2, 3},
      .layers = {{.name = "flatten", .kind = model::FlattenLayer{}, .src = {2, 3}, .dst = {6}},
                 {.name = "activation",
                  .kind = model::ActivationLayer{model::ActivationKind::kTanh},
                  .src = {6},
                  .dst = {6}},
                 {.name = "dense", .kind = model::DenseLayer{.units = 5}, .src = {6}, .dst = {5}}}};
  const auto roofline = nn::Roofline::Create(network, 4);
  ASSERT_TRUE(roofline.ok()) << roofline.status();
  EXPECT_EQ((*roofline)->flops(), 2.0 * 2 * 4 * 6 * 5);
}

// By hand: a projection and a branch of two layers, whose data gradients are wanted only behind what is trained.
TEST(Roofline, CountsTheProductsOfAGraph) {
  model::Faults faults;
  const auto document =
      model::FromJson(R"([{"conv2d":{"filters":16,"kernel_size":3,"padding":"same","name":"stem"}},
      "batch_normalization",{"activation":{"activation":"relu","name":"fork"}},
      {"conv2d":{"filters":16,"kernel_size":3,"padding":"same","name":"branch"}},
      {"conv2d":{"filters":16,"kernel_size":1,"input":"fork","name":"shortcut","trainable":false}},
      {"add":{"inputs":["branch","shortcut"]}},{"concatenate":{"inputs":["add_1","fork"]}},
      {"spatial_dropout2d":0.5},"global_average_pooling2d",{"dense":{"units":10,"activation":"softmax"}}])");
  const model::Network network = model::ReadNetwork(*document, {8, 8}, faults);
  ASSERT_THAT(faults, testing::IsEmpty());
  const auto roofline = nn::Roofline::Create(network, 4);
  ASSERT_TRUE(roofline.ok()) << roofline.status();
  constexpr double kStem = 64.0 * 16 * 9, kBranch = 64.0 * 16 * 16 * 9, kShortcut = 64.0 * 16 * 16,
                   kDense = 32 * 10;
  EXPECT_EQ((*roofline)->flops(), 2.0 * 4 * (2 * kStem + 3 * kBranch + 2 * kShortcut + 3 * kDense));
  EXPECT_TRUE((*roofline)->Step().ok());
}

TEST(TrainerBench, RatesBelongTogether) {
  auto mlp = MakeBenchModel("mlp", 32, {28, 28});
  ASSERT_TRUE(mlp.ok());
  mlp->epoch_samples = 330;  // of which ten whole batches are trained
  const auto rates = BenchTrainer(*mlp, MakeSyntheticSet(), 3);
  ASSERT_TRUE(rates.ok()) << rates.status();
  EXPECT_GT(rates->samples_per_second, 0);
  EXPECT_GT(rates->roofline_samples_per_second, 0);
  EXPECT_DOUBLE_EQ(rates->roofline_gflops, rates->roofline_samples_per_second * kMlpFlopsOfARow * 1e-9);
  EXPECT_DOUBLE_EQ(rates->Fraction(), rates->samples_per_second / rates->roofline_samples_per_second);
}

TEST(TrainerBench, ABatchThatTheDataCannotFillIsRefused) {
  auto mlp = MakeBenchModel("mlp", 64, {28, 28});
  ASSERT_TRUE(mlp.ok());
  mlp->epoch_samples = 63;
  EXPECT_EQ(BenchTrainer(*mlp, MakeSyntheticSet(), 1).status().code(), absl::StatusCode::kInvalidArgument);
}

TEST(SyntheticSet, HasFashionMnistsShape) {
  const auto dataset = MakeSyntheticSet();
  EXPECT_EQ(dataset->shape.sample, (model::Shape{28, 28}));
  EXPECT_EQ(dataset->train.rows(), 60000);
  EXPECT_EQ(dataset->train.features.size(), 60000U * 784U);
  EXPECT_THAT(dataset->train.labels, testing::Each(testing::Lt(10)));
}

}  // namespace
}  // namespace hpsearch::bench
