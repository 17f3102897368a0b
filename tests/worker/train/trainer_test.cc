// What a training computes, held against the naive one; and what it does at its ends: divergence, cancellation.
#include "worker/train/trainer.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "tests/worker/train/naive_trainer.h"
#include "tests/worker/train/synthetic.h"
#include "worker/nn/bf16.h"

namespace hpsearch::train {
namespace {

using model::ActivationKind;

const std::atomic<bool> kNotCancelled = false;

struct Case {
  std::string name;
  TrialSetup setup;
};

// Small networks with all that an optimizer, a schedule, a loss and a layer may ask of a step.
std::vector<Case> CasesOfRules() {
  std::vector<Case> cases;
  const auto add = [&](const char* name, model::Optimizer optimizer, std::optional<model::Schedule> schedule,
                       auto&& change) {
    TrialSetup setup = {.split = SyntheticSplit(20, 3, 61, 30), .seed = 5};
    model::DenseLayer first = {.units = 24, .activation = ActivationKind::kTanh};
    model::DenseLayer last = {.units = 3, .activation = ActivationKind::kSoftmax};
    setup.training = {.epochs = 6, .batch_size = 16, .optimizer = std::move(optimizer), .schedule = schedule};
    change(setup.training, first, last);
    setup.network = NetworkBuilder({20}).Dropout(0.1).Dense(first).Dense({.units = 20}).Dense(last).Build();
    cases.push_back({name, setup});
  };
  using model::DenseLayer;
  using model::Training;
  add("AdamMaxNormCosine", {.learning_rate = 0.01, .rule = model::Adam{}},
      model::CosineDecay{.warmup_epochs = 1, .final_factor = 0.1},
      [](Training&, DenseLayer& first, DenseLayer& last) { first.max_norm = last.max_norm = 1.1; });
  add("AdamWLabelSmoothing",
      {.learning_rate = 0.01, .rule = model::AdamW{.weight_decay = 0.1}, .clipping = {.global_clipnorm = 0.3}}, {},
      [](Training& training, DenseLayer&, DenseLayer&) { training.label_smoothing = 0.2; });
  add("AdadeltaPenalties", {.learning_rate = 0.5, .rule = model::Adadelta{.epsilon = 1e-4}}, {},
      [](Training&, DenseLayer& first, DenseLayer& last) {
        first.l1 = 1e-3;
        first.l2 = 2e-3;
        last.l2 = 1e-2;
      });
  add("RmsPropFactorPlateau", {.learning_rate = 0.003, .rule = model::RmsProp{.momentum = 0.5, .centered = true}},
      model::ReduceOnPlateau{.factor = 0.5, .patience = 1, .min_delta = 0.5},
      [](Training&, DenseLayer& first, DenseLayer&) { first.learning_rate_factor = 0.25; });
  add("SgdFrozenFirstClippedByNorm",
      {.learning_rate = 0.1, .rule = model::Sgd{.momentum = 0.9}, .clipping = {.clipnorm = 0.2}}, {},
      [](Training&, DenseLayer& first, DenseLayer&) {
        first.learning_rate_factor = 0;
        first.l2 = 1;  // of a frozen kernel, no penalty
        first.max_norm = 0.1;
      });
  add("SgdFrozenLastClippedByValue", {.learning_rate = 0.1, .clipping = {.clipvalue = 0.01}}, {},
      [](Training&, DenseLayer&, DenseLayer& last) { last.learning_rate_factor = 0; });
  TrialSetup binary = {.split = SyntheticSplit(20, 2, 61, 30), .seed = 3};
  binary.network = NetworkBuilder({20}).Dense({.units = 1, .activation = ActivationKind::kSigmoid}).Build();
  binary.training = {.epochs = 4, .batch_size = 16, .label_smoothing = 0.1, .optimizer = {.learning_rate = 0.1}};
  cases.push_back({"BinaryLabelSmoothing", binary});
  return cases;
}

// What metrics ask for, with all that stands between them and the gradients.
std::vector<Case> CasesOfMetrics() {
  using model::Metric;
  TrialSetup classes = {.split = SyntheticSplit(20, 8, 90, 40), .seed = 5};
  classes.network = NetworkBuilder({20})
                        .Dropout(0.2)
                        .Dense({.units = 12, .activation = ActivationKind::kTanh, .l2 = 1e-2})
                        .Dense({.units = 9, .activation = ActivationKind::kSoftmax, .max_norm = 1.0})
                        .Build();
  classes.training = {.epochs = 4,
                      .batch_size = 32,
                      .metrics = {Metric::kAccuracy, Metric::kTop5Error},
                      .optimizer = {.learning_rate = 0.05, .clipping = {.global_clipnorm = 0.1}}};
  std::vector<Case> cases = {{"MetricsOfClasses", classes}};

  TrialSetup numbers = {.split = NumbersSplit(20, 90, 40), .seed = 5};
  const model::DenseLayer hidden = {.units = 12, .activation = ActivationKind::kTanh};
  numbers.training = {.epochs = 4,
                      .batch_size = 32,
                      .metrics = {Metric::kMae, Metric::kR2, Metric::kRmse},
                      .optimizer = {.learning_rate = 0.02, .rule = model::Sgd{.momentum = 0.8}}};
  numbers.network = NetworkBuilder({20}).Dropout(0.1).Dense(hidden).Dense({.units = 1, .l1 = 1e-3}).Build();
  cases.push_back({"RegressionSquared", numbers});
  numbers.training.loss = model::Loss::kMeanAbsoluteError;
  numbers.training.schedule = model::ReduceOnPlateau{.factor = 0.5, .patience = 1, .min_delta = 0.5};
  cases.push_back({"RegressionAbsolutePlateau", numbers});
  // The output's own activation, in its layer and apart from it.
  numbers.training.loss.reset();
  numbers.training.schedule.reset();
  numbers.network = NetworkBuilder({20})
                        .Dense(hidden)
                        .Dense({.units = 1,
                                .activation = ActivationKind::kRelu,
                                .kernel_initializer = model::InitializerKind::kOnes})
                        .Build();
  cases.push_back({"RegressionRelu", numbers});
  numbers.network = NetworkBuilder({20})
                        .Dense(hidden)
                        .Dropout(0.2)
                        .Dense({.units = 1})
                        .Activation(ActivationKind::kTanh)
                        .Build();
  cases.push_back({"RegressionTanhApart", numbers});
  return cases;
}

std::vector<Case> Cases() {
  std::vector<Case> cases;
  cases.push_back({"Article", SmallSetup()});

  TrialSetup binary = {.split = SyntheticSplit(30, 2, 100, 40), .seed = 3, .replicate = 2};
  binary.network = NetworkBuilder({30})
                       .Dense({.units = 17, .activation = ActivationKind::kSigmoid, .use_bias = false})
                       .Dense({.units = 1, .activation = ActivationKind::kSigmoid, .max_norm = 3.0})
                       .Build();
  binary.training = {.epochs = 4,
                     .batch_size = 100,
                     .optimizer = {.learning_rate = 0.3, .rule = model::Sgd{.momentum = 0.8, .nesterov = true}}};
  cases.push_back({"BinaryNesterovOneBatch", binary});

  TrialSetup apart = {.split = SyntheticSplit(20, 3, 61, 30), .seed = -5};
  apart.network = NetworkBuilder({20})
                      .Activation(ActivationKind::kTanh)
                      .Dense({.units = 16})
                      .Activation(ActivationKind::kRelu)
                      .Dropout(0)
                      .Activation(ActivationKind::kSigmoid)
                      .Dense({.units = 3})
                      .Activation(ActivationKind::kSoftmax)
                      .Build();
  apart.training = {.epochs = 4, .batch_size = 1, .optimizer = {.learning_rate = 0.1}};
  cases.push_back({"ActivationsApartPlainSgdBatchOfOne", apart});

  TrialSetup linear = {.split = SyntheticSplit(20, 3, 61, 30)};
  linear.network = NetworkBuilder({20}).Dense({.units = 3, .activation = ActivationKind::kSoftmax}).Build();
  linear.training = {.epochs = 4, .batch_size = 1000, .optimizer = {.learning_rate = 1.0}};
  cases.push_back({"SoftmaxRegressionBatchLargerThanThePart", linear});

  // The widths at which other kernels and loops take over: an inner product for the first gradient, two tiles of
  // units and two blocks of rows in the bias gradients.
  TrialSetup wide = {.split = SyntheticSplit(200, 3, 100, 30), .seed = 9};
  wide.network = NetworkBuilder({200})
                     .Dense({.units = 48, .activation = ActivationKind::kTanh, .max_norm = 1.0})
                     .Dense({.units = 300, .activation = ActivationKind::kTanh})
                     .Dense({.units = 3, .activation = ActivationKind::kSoftmax})
                     .Build();
  wide.training = {
      .epochs = 4, .batch_size = 40, .optimizer = {.learning_rate = 0.05, .rule = model::Sgd{.momentum = 0.9}}};
  cases.push_back({"WideBatchOf40", wide});
  for (Case& each : CasesOfRules()) cases.push_back(std::move(each));
  for (Case& each : CasesOfMetrics()) cases.push_back(std::move(each));
  return cases;
}

class AgainstNaive : public testing::TestWithParam<Case> {};

TEST_P(AgainstNaive, TheCurveIsTheTextbooks) {
  UseOneThread();
  const TrialSetup& setup = GetParam().setup;
  auto trainer = Trainer::Create(setup);
  ASSERT_TRUE(trainer.ok()) << trainer.status();
  NaiveTrainer naive(setup);
  double first = 0;
  double last = 0;
  for (std::int64_t epoch = 1; epoch <= setup.training.epochs; ++epoch) {
    const auto actual = (*trainer)->NextEpoch(kNotCancelled);
    ASSERT_TRUE(actual.ok()) << actual.status();
    const EpochResult expected = naive.NextEpoch();
    EXPECT_EQ(actual->epoch, epoch);
    EXPECT_NEAR(actual->train_loss, expected.train_loss, 1e-5 * expected.train_loss);
    EXPECT_NEAR(actual->validation_loss, expected.validation_loss, 1e-5 * expected.validation_loss);
    EXPECT_NEAR(actual->learning_rate, expected.learning_rate, 1e-15);
    if (setup.split.task == model::Task::kRegression) {
      EXPECT_TRUE(std::isnan(actual->train_error) && std::isnan(actual->validation_error));
    } else {
      EXPECT_DOUBLE_EQ(actual->train_error, expected.train_error);
      EXPECT_DOUBLE_EQ(actual->validation_error, expected.validation_error);
    }
    EXPECT_FALSE(actual->diverged);
    EXPECT_GT(actual->seconds, 0);
    EXPECT_NEAR(actual->gradient_norm, expected.gradient_norm, 1e-4 * expected.gradient_norm);
    EXPECT_NEAR(actual->weight_norm, expected.weight_norm, 1e-5 * expected.weight_norm);
    EXPECT_GE(actual->samples_per_second * actual->seconds, static_cast<double>(setup.split.training.size()));
    ASSERT_EQ(actual->train_metrics.size(), setup.training.metrics.size());
    ASSERT_EQ(actual->validation_metrics.size(), setup.training.metrics.size());
    for (std::size_t i = 0; i < setup.training.metrics.size(); ++i) {
      EXPECT_NEAR(actual->train_metrics[i], expected.train_metrics[i], 1e-5) << i;
      EXPECT_NEAR(actual->validation_metrics[i], expected.validation_metrics[i], 1e-5) << i;
    }
    (epoch == 1 ? first : last) = actual->train_loss;
  }
  EXPECT_LT(last, first);  // it learns: the comparison is not one of constants
  EXPECT_EQ((*trainer)->epochs_done(), setup.training.epochs);
}

INSTANTIATE_TEST_SUITE_P(Trainings, AgainstNaive, testing::ValuesIn(Cases()),
                         [](const auto& info) { return info.param.name; });

TEST(Trainer, LearningRateIsTheLastSteps) {
  UseOneThread();
  auto trainer = Trainer::Create(SmallSetup());  // 205 rows in batches of 32: 7 steps an epoch
  ASSERT_TRUE(trainer.ok());
  EXPECT_DOUBLE_EQ((*trainer)->NextEpoch(kNotCancelled)->learning_rate, 0.05 / (1 + 1e-2 * 6));
  EXPECT_DOUBLE_EQ((*trainer)->NextEpoch(kNotCancelled)->learning_rate, 0.05 / (1 + 1e-2 * 13));
}

TEST(Trainer, FrozenLayersStayAsTheyAre) {
  UseOneThread();
  TrialSetup setup = SmallSetup();
  for (model::Layer& layer : setup.network.layers) {
    if (auto* dense = std::get_if<model::DenseLayer>(&layer.kind)) dense->learning_rate_factor = 0;
  }
  auto trainer = Trainer::Create(setup);
  ASSERT_TRUE(trainer.ok()) << trainer.status();
  const std::string before = (*trainer)->WeightsDigest();
  EXPECT_FALSE((*trainer)->NextEpoch(kNotCancelled)->diverged);
  EXPECT_EQ((*trainer)->WeightsDigest(), before);
}

TEST(Trainer, AFrozenConvolutionStaysWhileWhatFollowsIsTrained) {
  UseOneThread();
  const auto digests = [](double factor, double dense_factor) {
    TrialSetup setup = SmallSetup();
    setup.network = {.src = {5, 10}};
    setup.network.layers.push_back({.name = "conv",
                                    .kind = model::Conv2dLayer{.filters = 4,
                                                               .kernel_size = {3, 3},
                                                               .strides = {1, 1},
                                                               .dilation_rate = {1, 1},
                                                               .activation = model::ActivationKind::kRelu,
                                                               .l2 = 0.01,
                                                               .learning_rate_factor = factor},
                                    .src = {5, 10},
                                    .dst = {4, 3, 8}});
    setup.network.layers.push_back({.name = "dense",
                                    .kind = model::DenseLayer{.units = 5,
                                                              .activation = model::ActivationKind::kSoftmax,
                                                              .learning_rate_factor = dense_factor},
                                    .src = {4, 3, 8},
                                    .dst = {5}});
    auto trainer = Trainer::Create(setup);
    EXPECT_TRUE(trainer.ok()) << trainer.status();
    const std::string before = (*trainer)->WeightsDigest();
    EXPECT_FALSE((*trainer)->NextEpoch(kNotCancelled)->diverged);
    return std::pair(before, (*trainer)->WeightsDigest());
  };
  const auto frozen = digests(0, 0), last = digests(0, 1), both = digests(1, 1);
  EXPECT_EQ(frozen.first, frozen.second);
  EXPECT_NE(last.second, last.first);
  EXPECT_NE(both.second, last.second);
}

TEST(Trainer, ASoftmaxMayHaveMoreUnitsThanClasses) {
  UseOneThread();
  TrialSetup setup = SmallSetup();
  std::get<model::DenseLayer>(setup.network.layers.back().kind).units = 14;
  setup.network.layers.back().dst = {14};
  auto trainer = Trainer::Create(setup);
  ASSERT_TRUE(trainer.ok()) << trainer.status();
  EXPECT_FALSE((*trainer)->NextEpoch(kNotCancelled)->diverged);
}

TrialSetup DivergingSetup(double learning_rate) {
  TrialSetup setup = SmallSetup();
  for (model::Layer& layer : setup.network.layers) {
    if (auto* dense = std::get_if<model::DenseLayer>(&layer.kind)) dense->max_norm.reset();
  }
  setup.training.optimizer.learning_rate = learning_rate;
  setup.training.metrics = {model::Metric::kAccuracy};
  return setup;
}

TEST(Trainer, DivergenceIsAResultAndTheEnd) {
  UseOneThread();
  auto trainer = Trainer::Create(DivergingSetup(3e38));
  ASSERT_TRUE(trainer.ok());
  const auto result = (*trainer)->NextEpoch(kNotCancelled);
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_TRUE(result->diverged);
  EXPECT_EQ(result->epoch, 1);
  for (const double value :
       {result->train_loss, result->train_error, result->validation_loss, result->validation_error,
        result->gradient_norm, result->weight_norm, result->samples_per_second, result->train_metrics.at(0),
        result->validation_metrics.at(0)}) {
    EXPECT_TRUE(std::isnan(value));
  }
  EXPECT_EQ((*trainer)->epochs_done(), 0);
  EXPECT_EQ((*trainer)->NextEpoch(kNotCancelled).status().code(), absl::StatusCode::kFailedPrecondition);
}

// The one step of the epoch takes the first layer's weight to -infinity; its relu makes 0 of what comes of that,
// and no loss shows it.
TEST(Trainer, WeightsThatAreNotFiniteAreDivergenceToo) {
  UseOneThread();
  TrialSetup setup = {.split = SyntheticSplit(1, 2, 8, 8), .seed = 4};
  auto dataset = std::make_shared<data::Dataset>(*setup.split.dataset);
  std::ranges::fill(dataset->train.features, std::uint8_t{255});
  std::ranges::fill(dataset->train.labels, std::uint8_t{3});  // class 0
  setup.split.dataset = dataset;
  setup.network = NetworkBuilder({1})
                      .Dense({.units = 1,
                              .activation = ActivationKind::kRelu,
                              .use_bias = false,
                              .kernel_initializer = model::InitializerKind::kOnes})
                      .Dense({.units = 2,
                              .activation = ActivationKind::kSoftmax,
                              .kernel_initializer = model::InitializerKind::kHeUniform})
                      .Build();
  setup.training = {.epochs = 1, .batch_size = 8, .optimizer = {.learning_rate = 3e38}};
  auto trainer = Trainer::Create(setup);
  ASSERT_TRUE(trainer.ok());
  EXPECT_TRUE((*trainer)->NextEpoch(kNotCancelled)->diverged);
}

TEST(Trainer, CancelledBetweenStepsItGoesNoFurther) {
  UseOneThread();
  auto trainer = Trainer::Create(SmallSetup());
  ASSERT_TRUE(trainer.ok());
  const std::string before = (*trainer)->WeightsDigest();
  const std::atomic<bool> cancelled = true;
  EXPECT_EQ((*trainer)->NextEpoch(cancelled).status().code(), absl::StatusCode::kCancelled);
  EXPECT_EQ((*trainer)->WeightsDigest(), before);
  EXPECT_EQ((*trainer)->NextEpoch(kNotCancelled).status().code(), absl::StatusCode::kFailedPrecondition);
}

// Rounded factors: close to floats and not the same, again to the bit; or refused, where the processor has no
// bf16.
TEST(Trainer, Bf16IsTrainedOrRefused) {
  UseOneThread();
  TrialSetup setup = SmallSetup();
  const auto curve_of = [&setup](model::Precision precision) {
    setup.training.precision = precision;
    const auto trainer = Trainer::Create(setup);
    std::vector<double> losses;
    if (!trainer.ok()) return std::pair(losses, std::string(trainer.status().message()));
    const std::atomic<bool> cancelled = false;
    for (int epoch = 0; epoch < 4; ++epoch) losses.push_back((*trainer)->NextEpoch(cancelled)->train_loss);
    return std::pair(losses, (*trainer)->WeightsDigest());
  };
  const auto [losses, digest] = curve_of(model::Precision::kBf16);
  if (!nn::HasBf16()) {
    EXPECT_EQ(digest, nn::kNoBf16);
    return;
  }
  const auto [exact, exact_digest] = curve_of(model::Precision::kF32);
  EXPECT_EQ(curve_of(model::Precision::kBf16), std::pair(losses, digest));
  EXPECT_NE(digest, exact_digest);
  for (std::size_t epoch = 0; epoch < losses.size(); ++epoch)
    EXPECT_NEAR(losses[epoch], exact[epoch], 0.02) << epoch;
}

}  // namespace
}  // namespace hpsearch::train
