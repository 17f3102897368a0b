// Small data sets and networks made in memory, for the tests of training.
#pragma once

#include <cstdint>
#include <memory>
#include <random>
#include <utility>
#include <vector>

#include "worker/train/trainer.h"

namespace hpsearch::train {

// Noise around a centre for each class: learnable, not at once. Labels in the file are scattered over the bytes
// and mapped back, as in a selection of classes; rows are those of the file in steps of two.
inline data::Split SyntheticSplit(std::int64_t width, std::int64_t classes, std::int64_t training,
                                  std::int64_t validation) {
  std::mt19937 engine(static_cast<unsigned>(width + 1000 * classes));
  std::uniform_int_distribution<int> byte(0, 255);
  std::vector<int> centres(static_cast<std::size_t>(width * classes));
  for (int& each : centres) each = byte(engine);
  auto dataset = std::make_shared<data::Dataset>();
  dataset->key = "synthetic";
  dataset->shape = {.sample = {width}, .classes = 200, .train_rows = 2 * (training + validation)};
  data::Split split = {.classes = classes, .label_map = std::vector<std::uint8_t>(256, 255)};
  for (std::int64_t label = 0; label < classes; ++label)
    split.label_map[7 * label + 3] = static_cast<std::uint8_t>(label);
  for (std::int64_t row = 0; row < 2 * (training + validation); ++row) {
    const std::int64_t label = byte(engine) % classes;
    dataset->train.labels.push_back(static_cast<std::uint8_t>(7 * label + 3));
    for (std::int64_t i = 0; i < width; ++i) {
      dataset->train.features.push_back(
          static_cast<std::uint8_t>((centres[label * width + i] + 3 * byte(engine)) / 4));
    }
    if (row % 2 == 1) continue;
    (row < 2 * training ? split.training : split.validation).push_back(static_cast<std::uint32_t>(row));
  }
  split.dataset = std::move(dataset);
  return split;
}

// The same rows with numbers to learn: a bright left half makes them large. Labels are there all the same, and are
// no business of a regression's.
inline data::Split NumbersSplit(std::int64_t width, std::int64_t training, std::int64_t validation) {
  data::Split split = SyntheticSplit(width, 3, training, validation);
  auto dataset = std::make_shared<data::Dataset>(*split.dataset);
  for (std::int64_t row = 0; row < dataset->train.rows(); ++row) {
    float sum = 0;
    for (std::int64_t i = 0; i < width; ++i) {
      const float value = static_cast<float>(dataset->train.features[row * width + i]) / 255;
      sum += 2 * i < width ? value : -value;
    }
    dataset->train.targets.push_back(sum + 0.5F);
  }
  dataset->shape.numbers = true;
  split.dataset = std::move(dataset);
  split.task = model::Task::kRegression;
  split.classes = 0;
  return split;
}

class NetworkBuilder {
 public:
  explicit NetworkBuilder(model::Shape src)
      : network_{.src = std::move(src)}, width_(model::Elements(network_.src)) {}

  NetworkBuilder& Dense(model::DenseLayer dense) {
    const std::int64_t units = dense.units;
    return Add(std::move(dense), units);
  }
  NetworkBuilder& Dropout(double rate) { return Add(model::DropoutLayer{rate}, width_); }
  NetworkBuilder& Activation(model::ActivationKind kind) { return Add(model::ActivationLayer{kind}, width_); }
  NetworkBuilder& Flatten() { return Add(model::FlattenLayer{}, width_); }
  model::Network Build() { return network_; }

 private:
  template <typename Kind>
  NetworkBuilder& Add(Kind kind, std::int64_t width) {
    network_.layers.push_back({.name = "layer", .kind = std::move(kind), .src = {width_}, .dst = {width}});
    width_ = width;
    return *this;
  }

  model::Network network_;
  std::int64_t width_;
};

// The article's network in small: dropout, relu, tanh, max-norm, momentum and decay, a last batch that is smaller.
inline TrialSetup SmallSetup() {
  using model::ActivationKind;
  TrialSetup setup = {.split = SyntheticSplit(50, 4, 205, 60), .seed = 7};
  setup.network = NetworkBuilder({5, 10})
                      .Dropout(0.2)
                      .Flatten()
                      .Dense({.units = 24,
                              .activation = ActivationKind::kRelu,
                              .kernel_initializer = model::InitializerKind::kNormal,
                              .max_norm = 0.9})
                      .Dropout(0.3)
                      .Dense({.units = 20, .activation = ActivationKind::kTanh, .max_norm = 1.2})
                      .Dropout(0.1)
                      .Dense({.units = 5, .activation = ActivationKind::kSoftmax})
                      .Build();
  setup.training = {.epochs = 4,
                    .batch_size = 32,
                    .optimizer = {.learning_rate = 0.05, .rule = model::Sgd{.momentum = 0.9}},
                    .schedule = model::TimeDecay{1e-2}};
  return setup;
}

}  // namespace hpsearch::train
