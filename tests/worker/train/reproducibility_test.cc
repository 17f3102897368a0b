// The same bits: again, on another thread, beside another training, in turn with one.
#include <gtest/gtest.h>
#include <omp.h>

#include <cmath>
#include <string>
#include <thread>
#include <tuple>
#include <vector>

#include "server/model/json.h"
#include "tests/worker/train/synthetic.h"
#include "worker/train/trainer.h"

namespace hpsearch::train {
namespace {

const std::atomic<bool> kNotCancelled = false;

// In exact comparison: the four values of each epoch, and the weights behind the last.
struct Outcome {
  std::vector<std::tuple<double, double, double, double>> curve;
  std::string weights;

  void Add(const EpochResult& result) {
    curve.emplace_back(result.train_loss, result.train_error, result.validation_loss, result.validation_error);
  }
  bool operator==(const Outcome&) const = default;
};

// Real kernels: wide enough for their blocked paths, a rest behind the whole batches.
TrialSetup RealSetup() {
  TrialSetup setup = {.split = SyntheticSplit(784, 10, 300, 530), .seed = 7};
  setup.network = NetworkBuilder({28, 28})
                      .Dropout(0.2)
                      .Dense({.units = 128, .activation = model::ActivationKind::kRelu, .max_norm = 1.0})
                      .Dropout(0.5)
                      .Dense({.units = 128, .activation = model::ActivationKind::kTanh, .max_norm = 1.0})
                      .Dense({.units = 10, .activation = model::ActivationKind::kSoftmax})
                      .Build();
  setup.training = {
      .epochs = 3, .batch_size = 128, .optimizer = {.learning_rate = 0.05, .rule = model::Sgd{.momentum = 0.9}}};
  return setup;
}

Outcome OutcomeOf(const TrialSetup& setup) {
  EXPECT_TRUE(UseThreads(setup.training.threads).ok());
  Outcome outcome;
  auto trainer = Trainer::Create(setup);
  EXPECT_TRUE(trainer.ok()) << trainer.status();
  for (std::int64_t epoch = 0; epoch < setup.training.epochs; ++epoch) {
    outcome.Add(*(*trainer)->NextEpoch(kNotCancelled));
  }
  outcome.weights = (*trainer)->WeightsDigest();
  return outcome;
}

TEST(Reproducibility, AgainAndOnAFreshThread) {
  const TrialSetup setup = RealSetup();
  const Outcome expected = OutcomeOf(setup);
  EXPECT_EQ(OutcomeOf(setup), expected);
  Outcome elsewhere;
  std::thread([&] { elsewhere = OutcomeOf(setup); }).join();
  EXPECT_EQ(elsewhere, expected);
}

TEST(Reproducibility, TwoThreadsAtOnce) {
  const TrialSetup setup = RealSetup();
  const TrialSetup other = SmallSetup();
  const Outcome expected = OutcomeOf(setup);
  const Outcome expected_other = OutcomeOf(other);
  Outcome first;
  Outcome second;
  Outcome third;
  std::thread one([&] { first = OutcomeOf(setup); });
  std::thread two([&] {
    second = OutcomeOf(other);
    third = OutcomeOf(setup);
  });
  one.join();
  two.join();
  EXPECT_EQ(first, expected);
  EXPECT_EQ(second, expected_other);
  EXPECT_EQ(third, expected);
}

// Tensors of several readers, sums, channels side by side, dropout of whole channels.
TrialSetup GraphSetup() {
  TrialSetup setup = {.split = SyntheticSplit(64, 4, 70, 40), .seed = 7};
  model::Faults faults;
  setup.network = model::ReadNetwork(
      *model::FromJson(R"([{"conv2d":{"filters":16,"kernel_size":3,"padding":"same","name":"stem"}},
          {"conv2d":{"filters":16,"kernel_size":3,"padding":"same"}},"batch_normalization",
          {"add":{"inputs":["stem","batch_normalization_1"]}},{"activation":{"activation":"relu","name":"sum"}},
          {"spatial_dropout2d":0.25},{"conv2d":{"filters":32,"kernel_size":1,"input":"sum"}},
          {"concatenate":{"inputs":["stem","spatial_dropout2d_1","conv2d_3"]}},"max_pooling2d",
          {"dense":{"units":4,"activation":"softmax"}}])"),
      {8, 8}, faults);
  EXPECT_TRUE(faults.empty());
  setup.training = {
      .epochs = 2, .batch_size = 16, .optimizer = {.learning_rate = 0.02, .rule = model::Sgd{.momentum = 0.9}}};
  return setup;
}

TEST(Reproducibility, OfAGraphBesideAnother) {
  const TrialSetup setup = GraphSetup();
  const Outcome expected = OutcomeOf(setup);
  EXPECT_TRUE(std::isfinite(std::get<0>(expected.curve.back())));
  Outcome first;
  Outcome second;
  std::thread one([&] { first = OutcomeOf(setup); });
  std::thread two([&] { second = OutcomeOf(setup); });
  one.join();
  two.join();
  EXPECT_EQ(first, expected);
  EXPECT_EQ(second, expected);
}

TEST(Reproducibility, TrainersInTurnOnOneThread) {
  const TrialSetup setup = RealSetup();
  TrialSetup other = RealSetup();
  other.training.optimizer.learning_rate = 0.01;
  const Outcome expected = OutcomeOf(setup);
  const Outcome expected_other = OutcomeOf(other);
  auto first = Trainer::Create(setup);
  auto second = Trainer::Create(other);
  ASSERT_TRUE(first.ok() && second.ok());
  Outcome outcome;
  Outcome outcome_other;
  for (std::int64_t epoch = 0; epoch < setup.training.epochs; ++epoch) {
    outcome.Add(*(*first)->NextEpoch(kNotCancelled));
    outcome_other.Add(*(*second)->NextEpoch(kNotCancelled));
  }
  outcome.weights = (*first)->WeightsDigest();
  outcome_other.weights = (*second)->WeightsDigest();
  EXPECT_EQ(outcome, expected);
  EXPECT_EQ(outcome_other, expected_other);
  EXPECT_NE(outcome.weights, outcome_other.weights);
}

TEST(Reproducibility, SeedAndReplicateCount) {
  TrialSetup setup = SmallSetup();
  const Outcome expected = OutcomeOf(setup);
  setup.replicate = 1;
  EXPECT_NE(OutcomeOf(setup), expected);
  setup = SmallSetup();
  setup.seed = 8;
  EXPECT_NE(OutcomeOf(setup), expected);
}

TEST(Reproducibility, TheNumberOfEpochsToComeDoesNotCount) {
  TrialSetup setup = SmallSetup();
  const Outcome expected = OutcomeOf(setup);
  setup.training.epochs = 2;
  Outcome shorter = OutcomeOf(setup);
  EXPECT_EQ(shorter.curve, std::vector(expected.curve.begin(), expected.curve.begin() + 2));
}

TEST(Reproducibility, AnActivationBehindADenseIsTheDensesOwn) {
  TrialSetup fused = {.split = SyntheticSplit(20, 3, 61, 30)};
  TrialSetup apart = fused;
  fused.network = NetworkBuilder({20})
                      .Dense({.units = 16, .activation = model::ActivationKind::kTanh})
                      .Flatten()
                      .Dense({.units = 3, .activation = model::ActivationKind::kSoftmax})
                      .Build();
  apart.network = NetworkBuilder({20})
                      .Dense({.units = 16})
                      .Activation(model::ActivationKind::kTanh)
                      .Dense({.units = 3})
                      .Activation(model::ActivationKind::kSoftmax)
                      .Build();
  fused.training = apart.training = {.epochs = 2, .batch_size = 16, .optimizer = {.learning_rate = 0.1}};
  EXPECT_EQ(OutcomeOf(fused), OutcomeOf(apart));
}

// However many cores there are, and with what other slots do between: a trial of the same thread before, another
// number of threads beside.
TEST(Reproducibility, OfANumberOfThreads) {
  TrialSetup two = RealSetup();
  two.training.threads = 2;
  TrialSetup three = RealSetup();
  three.training.threads = 3;
  const Outcome of_two = OutcomeOf(two);
  const Outcome of_three = OutcomeOf(three);
  const Outcome of_one = OutcomeOf(RealSetup());
  EXPECT_EQ(OutcomeOf(two), of_two);
  std::vector<Outcome> first, second;
  std::thread one([&] {
    for (const TrialSetup* setup : {&two, &three, &two}) first.push_back(OutcomeOf(*setup));
  });
  std::thread other([&] { second = {OutcomeOf(RealSetup()), OutcomeOf(two), OutcomeOf(three)}; });
  one.join();
  other.join();
  EXPECT_EQ(first, (std::vector{of_two, of_three, of_two}));
  EXPECT_EQ(second, (std::vector{of_one, of_two, of_three}));
}

// Of a convolution's weight gradient each thread sums a part of the batch.
TEST(Reproducibility, OtherThreadsAreOtherBitsOfAConvolution) {
  TrialSetup setup = {.split = SyntheticSplit(196, 4, 96, 30), .seed = 7};
  const auto add = [&setup](const model::LayerKind& kind, model::Shape dst) {
    const model::Shape src = setup.network.layers.empty() ? setup.network.src : setup.network.layers.back().dst;
    setup.network.layers.push_back({.name = "layer", .kind = kind, .src = src, .dst = std::move(dst)});
  };
  setup.network.src = {14, 14};
  add(model::Conv2dLayer{.filters = 16, .kernel_size = {3, 3}}, {16, 12, 12});
  add(model::Conv2dLayer{.filters = 16, .kernel_size = {3, 3}}, {16, 10, 10});
  add(model::DenseLayer{.units = 4, .activation = model::ActivationKind::kSoftmax}, {4});
  setup.training = {.epochs = 2, .batch_size = 32, .optimizer = {.learning_rate = 0.01}};
  const Outcome of_one = OutcomeOf(setup);
  setup.training.threads = 2;
  const Outcome of_two = OutcomeOf(setup);
  EXPECT_EQ(OutcomeOf(setup), of_two);
  EXPECT_NE(of_two.weights, of_one.weights);
  EXPECT_NEAR(std::get<0>(of_two.curve.back()), std::get<0>(of_one.curve.back()), 1e-3);
}

TEST(Reproducibility, WithoutItsThreadsThereIsNoTrainer) {
  std::thread([] {
    omp_set_num_threads(2);
    EXPECT_EQ(Trainer::Create(SmallSetup()).status().code(), absl::StatusCode::kFailedPrecondition);
  }).join();
}

}  // namespace
}  // namespace hpsearch::train
