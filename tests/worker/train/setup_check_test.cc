// Setups that do not fit.
#include "worker/train/setup_check.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>

#include "tests/worker/train/synthetic.h"

namespace hpsearch::train {
namespace {

TEST(SetupCheck, RefusesPartsThatDoNotFit) {
  UseOneThread();
  const auto message = [](auto&& spoil) {
    TrialSetup setup = SmallSetup();
    spoil(setup);
    const absl::Status status = Trainer::Create(std::move(setup)).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << status;
    return std::string(status.message());
  };
  EXPECT_EQ(message([](TrialSetup& setup) { setup.training.batch_size = 0; }), "a batch of 0 rows");
  EXPECT_EQ(message([](TrialSetup& setup) { setup.split.training.clear(); }), "the training part has no rows");
  EXPECT_EQ(message([](TrialSetup& setup) { setup.split.validation.push_back(9999); }),
            "the validation part names row 9999 of 530");
  EXPECT_EQ(message([](TrialSetup& setup) {
              setup.network.src = {5, 11};
            }),
            "samples are 50, the network takes 5x11");
  EXPECT_EQ(message([](TrialSetup& setup) { setup.split.classes = 6; }), "the softmax has 5 units for 6 classes");
  EXPECT_EQ(message([](TrialSetup& setup) { setup.training.loss = model::Loss::kBinaryCrossEntropy; }),
            "a softmax is trained with cross_entropy");
  EXPECT_EQ(message([](TrialSetup& setup) { setup.training.schedule = model::CosineDecay{.warmup_epochs = 4}; }),
            "a warm-up of 4 epochs in a schedule of 4");
  EXPECT_EQ(message([](TrialSetup& setup) { setup.network.layers.pop_back(); }),
            "a regression learns one number, not 20");
  EXPECT_EQ(message([](TrialSetup& setup) {
              setup.training.loss = model::Loss::kCrossEntropy;
              setup.network.layers.pop_back();
            }),
            "the network ends neither with a softmax nor with a sigmoid, which cross-entropies take");
  EXPECT_EQ(message([](TrialSetup& setup) { setup.split = NumbersSplit(50, 205, 60); }),
            "a classification is trained on classes, and these are rows of numbers");
  EXPECT_EQ(message([](TrialSetup& setup) { setup.training.metrics = {model::Metric::kMae}; }),
            "mae is no metric of what is learnt");
  EXPECT_NE(message([](TrialSetup& setup) { setup.split.classes = 2; }).find("has label"), std::string::npos);
}

TEST(SetupCheck, RefusesARegressionThatIsNone) {
  UseOneThread();
  TrialSetup setup = {.split = NumbersSplit(20, 60, 20)};
  setup.network = NetworkBuilder({20}).Dense({.units = 1}).Build();
  setup.training = {.epochs = 1, .batch_size = 32, .optimizer = {.learning_rate = 0.01}};
  EXPECT_TRUE(Trainer::Create(setup).ok());
  TrialSetup of_classes = setup;
  of_classes.split = SyntheticSplit(20, 3, 60, 20);
  EXPECT_EQ(Trainer::Create(of_classes).status().message(),
            "a regression is trained on numbers, and these are rows of classes");
  TrialSetup monitored = setup;
  monitored.training.schedule = model::ReduceOnPlateau{.monitor = model::Monitor::kValidationError};
  EXPECT_EQ(Trainer::Create(monitored).status().message(), "a regression has no error for a plateau to monitor");
  TrialSetup short_of_targets = setup;
  auto dataset = std::make_shared<data::Dataset>(*setup.split.dataset);
  dataset->train.targets.resize(20);
  short_of_targets.split.dataset = dataset;
  EXPECT_EQ(Trainer::Create(short_of_targets).status().code(), absl::StatusCode::kInvalidArgument);
}

// 205 rows through 2,000 layers of a thousand values.
TEST(SetupCheck, RefusesABatchThatMemoryMayNotHold) {
  UseOneThread();
  TrialSetup setup = SmallSetup();
  const model::Layer wide = {
      .name = "wide", .kind = model::DenseLayer{.units = 1000}, .src = {1000}, .dst = {1000}};
  setup.network.layers.insert(setup.network.layers.begin(), 2000, wide);
  setup.training.batch_size = 1 << 20;
  const absl::Status status = Trainer::Create(std::move(setup)).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kResourceExhausted) << status;
  EXPECT_TRUE(std::string(status.message()).starts_with("a batch of 205 rows of 2000")) << status;
}

}  // namespace
}  // namespace hpsearch::train
