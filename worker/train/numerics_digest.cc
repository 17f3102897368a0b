// The probe: three small trainings that between them go through every kernel that a trial can meet, in the shapes
// that real ones have, a smaller last batch among them.
#include "worker/train/numerics_digest.h"

#include <atomic>
#include <memory>
#include <mutex>
#include <new>
#include <thread>
#include <utility>

#include "absl/strings/str_cat.h"
#include "worker/data/digest.h"
#include "worker/nn/bf16.h"
#include "worker/nn/instruction_set.h"
#include "worker/nn/philox.h"
#include "worker/train/trainer.h"

namespace hpsearch::train {
namespace {

using model::ActivationKind;
using model::InitializerKind;

// Bytes from Philox; a label is a function of some of its row's bytes, so that there is something to learn.
data::Split MakeData(std::int64_t width, std::int64_t classes, std::int64_t training, std::int64_t validation) {
  auto dataset = std::make_shared<data::Dataset>();
  dataset->key = "probe";
  dataset->shape = {.sample = {width}, .classes = classes, .train_rows = training + validation};
  const std::int64_t rows = training + validation;
  const nn::PhiloxKey key = {static_cast<std::uint32_t>(width), static_cast<std::uint32_t>(classes)};
  for (std::int64_t i = 0; i < rows * width; ++i) {
    const nn::PhiloxBlock block = nn::Philox({static_cast<std::uint32_t>(i), 0, 0, 0}, key);
    dataset->train.features.push_back(static_cast<std::uint8_t>(block[0] >> 24));
  }
  data::Split split = {.classes = classes};
  for (std::int64_t row = 0; row < rows; ++row) {
    const std::uint8_t* bytes = dataset->train.features.data() + row * width;
    dataset->train.labels.push_back(static_cast<std::uint8_t>((bytes[0] + bytes[1]) / 2 * classes / 256));
    (row < training ? split.training : split.validation).push_back(static_cast<std::uint32_t>(row));
  }
  for (int label = 0; label < 256; ++label) split.label_map.push_back(static_cast<std::uint8_t>(label));
  split.dataset = std::move(dataset);
  return split;
}

model::Layer Dropout(std::int64_t width, double rate) {
  return {.name = "dropout", .kind = model::DropoutLayer{rate}, .src = {width}, .dst = {width}};
}

model::Layer Dense(std::int64_t inputs, model::DenseLayer dense) {
  const std::int64_t units = dense.units;
  return {.name = "dense", .kind = dense, .src = {inputs}, .dst = {units}};
}

model::Layer Activation(std::int64_t width, ActivationKind activation) {
  return {.name = "activation", .kind = model::ActivationLayer{activation}, .src = {width}, .dst = {width}};
}

TrialSetup ImageSetup() {
  constexpr std::int64_t kPixels = 784;
  TrialSetup setup = {.split = MakeData(kPixels, 10, 8 * 128 + 37, 100), .seed = 1};
  setup.network = {
      .src = {kPixels},
      .layers = {Dropout(kPixels, 0.2),
                 Dense(kPixels, {.units = 128,
                                 .activation = ActivationKind::kRelu,
                                 .kernel_initializer = InitializerKind::kNormal,
                                 .max_norm = 1.5}),
                 Dropout(128, 0.5),
                 Dense(128, {.units = 128,
                             .activation = ActivationKind::kTanh,
                             .kernel_initializer = InitializerKind::kHeNormal,
                             .max_norm = 1.5}),
                 Dropout(128, 0.5), Dense(128, {.units = 10, .activation = ActivationKind::kSoftmax})}};
  setup.training = {.epochs = 2,
                    .batch_size = 128,
                    .optimizer = {.learning_rate = 0.05, .rule = model::Sgd{.momentum = 0.9}},
                    .schedule = model::TimeDecay{1e-3}};
  return setup;
}

TrialSetup BinarySetup() {
  constexpr std::int64_t kWidth = 60;
  TrialSetup setup = {.split = MakeData(kWidth, 2, 4 * 32 + 5, 40), .seed = 2, .replicate = 1};
  setup.network = {.src = {kWidth},
                   .layers = {Dense(kWidth, {.units = 33,
                                             .activation = ActivationKind::kSigmoid,
                                             .kernel_initializer = InitializerKind::kGlorotNormal}),
                              Dense(33, {.units = 1, .activation = ActivationKind::kSigmoid, .max_norm = 2.0})}};
  setup.training = {.epochs = 2,
                    .batch_size = 32,
                    .optimizer = {.learning_rate = 0.1, .rule = model::Sgd{.momentum = 0.9, .nesterov = true}}};
  return setup;
}

// What the other two leave out: activations that stand alone, a dense layer without a bias, plain steps,
// initializers that draw uniformly, a kernel so wide that its gradient is an inner product.
TrialSetup PlainSetup() {
  constexpr std::int64_t kWidth = 96;
  TrialSetup setup = {.split = MakeData(kWidth, 3, 3 * 40 + 9, 40), .seed = 3, .replicate = 2};
  setup.network = {.src = {kWidth},
                   .layers = {Activation(kWidth, ActivationKind::kTanh),
                              Dense(kWidth, {.units = 20,
                                             .activation = ActivationKind::kRelu,
                                             .use_bias = false,
                                             .kernel_initializer = InitializerKind::kHeUniform}),
                              Activation(20, ActivationKind::kSigmoid),
                              Dense(20, {.units = 300,
                                         .activation = ActivationKind::kTanh,
                                         .kernel_initializer = InitializerKind::kUniform,
                                         .bias_initializer = InitializerKind::kUniform}),
                              Activation(300, ActivationKind::kRelu),
                              Dense(300, {.units = 3, .activation = ActivationKind::kSoftmax})}};
  setup.training = {.epochs = 2, .batch_size = 40, .optimizer = {.learning_rate = 0.2}};
  return setup;
}

// Convolutions in blocks of channels and not, both poolings, batch normalization, the activations that oneDNN
// approximates.
TrialSetup ConvolutionSetup() {
  constexpr std::int64_t kSide = 14;
  TrialSetup setup = {.split = MakeData(kSide * kSide, 4, 3 * 32 + 5, 40), .seed = 4};
  const auto add = [&setup](const model::LayerKind& kind, model::Shape dst) {
    const model::Shape src = setup.network.layers.empty() ? setup.network.src : setup.network.layers.back().dst;
    setup.network.layers.push_back({.name = "layer", .kind = kind, .src = src, .dst = std::move(dst)});
  };
  setup.network.src = {kSide, kSide};
  add(
      model::Conv2dLayer{
          .filters = 16, .kernel_size = {3, 3}, .activation = ActivationKind::kRelu, .max_norm = 1.0},
      {16, 12, 12});
  add(model::Pooling2dLayer{}, {16, 6, 6});
  add(model::Conv2dLayer{.filters = 32, .kernel_size = {3, 3}, .padding = model::Padding::kSame}, {32, 6, 6});
  add(model::BatchNormalizationLayer{}, {32, 6, 6});
  add(model::ActivationLayer{ActivationKind::kSwish}, {32, 6, 6});
  add(model::Pooling2dLayer{.kind = model::PoolingKind::kAverage}, {32, 3, 3});
  add(model::DenseLayer{.units = 24, .activation = ActivationKind::kElu}, {24});
  add(model::ActivationLayer{ActivationKind::kGelu}, {24});
  add(model::DenseLayer{.units = 20}, {20});
  add(model::ActivationLayer{ActivationKind::kSoftplus}, {20});
  add(model::DenseLayer{.units = 4, .activation = ActivationKind::kSoftmax}, {4});
  setup.training = {
      .epochs = 2, .batch_size = 32, .optimizer = {.learning_rate = 0.02, .rule = model::Sgd{.momentum = 0.9}}};
  return setup;
}

// Of 6 and 10 filters, which no vector holds whole.
TrialSetup OddConvolutionSetup() {
  TrialSetup setup = ConvolutionSetup();
  std::get<model::Conv2dLayer>(setup.network.layers[0].kind).filters = 6;
  std::get<model::Conv2dLayer>(setup.network.layers[2].kind).filters = 10;
  setup.network.layers[0].dst[0] = setup.network.layers[1].dst[0] = 6;
  for (std::size_t i = 2; i <= 5; ++i) setup.network.layers[i].dst[0] = 10;
  setup.seed = 5;
  return setup;
}

absl::Status Train(TrialSetup setup, data::Digest& digest) {
  const std::int64_t epochs = setup.training.epochs;
  const std::atomic<bool> cancelled = false;
  absl::StatusOr<std::unique_ptr<Trainer>> trainer = Trainer::Create(std::move(setup));
  if (!trainer.ok()) return trainer.status();
  for (std::int64_t epoch = 0; epoch < epochs; ++epoch) {
    const absl::StatusOr<EpochResult> result = (*trainer)->NextEpoch(cancelled);
    if (!result.ok()) return result.status();
    for (const double value : {result->train_loss, result->train_error, result->validation_loss,
                               result->validation_error, result->learning_rate}) {
      digest.Append(value);
    }
  }
  const std::string weights = (*trainer)->WeightsDigest();
  digest.Append(weights.data(), weights.size());
  return absl::OkStatus();
}

absl::StatusOr<std::string> TrainAll() {
  UseOneThread();
  data::Digest digest;
  digest.Append(kNumericsVersion);
  for (const auto setup : {ImageSetup, BinarySetup, PlainSetup, ConvolutionSetup, OddConvolutionSetup}) {
    TrialSetup pinned = setup();
    pinned.training.instruction_set = nn::PinnedInstructionSet();
    if (absl::Status status = Train(std::move(pinned), digest); !status.ok()) {
      return absl::InternalError(absl::StrCat("the probe of this machine's arithmetic: ", status.message()));
    }
  }
  // A machine without it trains no study that asks for it.
  for (const auto setup : {ImageSetup, ConvolutionSetup}) {
    TrialSetup rounded = setup();
    rounded.training.precision = model::Precision::kBf16;
    rounded.training.instruction_set = nn::PinnedInstructionSet();
    if (!nn::HasBf16()) break;
    if (absl::Status status = Train(std::move(rounded), digest); !status.ok()) {
      return absl::InternalError(absl::StrCat("the probe of this machine's arithmetic: ", status.message()));
    }
  }
  return digest.Hex();
}

absl::StatusOr<std::string> Probe() {
  absl::StatusOr<std::string> digest = absl::UnknownError("");
  // On a thread of its own: the caller's number of OpenMP threads is none of our business.
  std::thread([&digest] {
    try {
      digest = TrainAll();
    } catch (const std::bad_alloc&) {
      digest = absl::ResourceExhaustedError("the probe of this machine's arithmetic: memory does not suffice");
    }
  }).join();
  return digest;
}

}  // namespace

absl::StatusOr<std::string> NumericsDigest() {
  static std::mutex mutex;
  static std::string digest;
  const std::lock_guard lock(mutex);
  if (!digest.empty()) return digest;
  absl::StatusOr<std::string> probed = Probe();
  if (probed.ok()) digest = *probed;
  return probed;
}

}  // namespace hpsearch::train
