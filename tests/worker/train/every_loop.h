// Trainings that between them go through every loop of ours that is compiled for several instruction sets
// (worker/nn/vectorized.h): optimizers, bounds on gradients, penalties, dropout, losses, conversions, and the
// probe's layers.
#pragma once

#include <algorithm>
#include <atomic>
#include <string>
#include <vector>

#include "tests/worker/train/synthetic.h"
#include "worker/data/scaling.h"
#include "worker/train/numerics_digest.h"
#include "worker/train/trainer.h"

namespace hpsearch::train {

inline std::vector<TrialSetup> SetupsOfEveryLoop() {
  std::vector<TrialSetup> setups;
  const auto add = [&setups](const model::Optimizer& optimizer) -> TrialSetup& {
    setups.push_back(SmallSetup());
    setups.back().training.optimizer = optimizer;
    return setups.back();
  };
  add({.rule = model::Sgd{.momentum = 0.9, .nesterov = true}, .clipping = {.clipnorm = 0.01}});
  add({.rule = model::Adam{}, .clipping = {.clipvalue = 0.001}});
  add({.rule = model::AdamW{}, .clipping = {.global_clipnorm = 0.01}});
  add({.learning_rate = 1, .rule = model::Adadelta{}});
  add({.rule = model::RmsProp{.momentum = 0.5, .centered = true}});
  TrialSetup& penalties = add({.rule = model::RmsProp{}});
  for (model::Layer& layer : penalties.network.layers) {
    if (auto* dense = std::get_if<model::DenseLayer>(&layer.kind)) dense->l1 = 1e-3, dense->l2 = 1e-2;
  }
  TrialSetup& scaled = add({.rule = model::Sgd{}});
  scaled.split.scaling =
      data::ScalingOf(*scaled.split.dataset, model::Normalize::kStandardize, scaled.split.training);
  scaled.training.label_smoothing = 0.1;
  return setups;
}

// The weights behind each, and the numerics digest.
inline std::string BitsOfEveryLoop() {
  const std::atomic<bool> cancelled = false;
  std::string bits;
  UseOneThread();
  for (const TrialSetup& setup : SetupsOfEveryLoop()) {
    const auto trainer = Trainer::Create(setup);
    if (!trainer.ok()) return std::string(trainer.status().message());
    for (int epoch = 0; epoch < 2; ++epoch) {
      if (const auto result = (*trainer)->NextEpoch(cancelled); !result.ok() || result->diverged) return "none";
    }
    bits += (*trainer)->WeightsDigest() + "\n";
  }
  return bits + NumericsDigest().value_or("no digest") + "\n";
}

}  // namespace hpsearch::train
