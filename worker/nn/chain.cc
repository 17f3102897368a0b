#include "worker/nn/chain.h"

#include <algorithm>
#include <variant>

#include "absl/strings/str_cat.h"
#include "worker/nn/activation.h"
#include "worker/nn/dense.h"
#include "worker/nn/primitive.h"

namespace hpsearch::nn {
namespace {

using model::ActivationKind;

absl::Status FromLibrary(const dnnl::error& error) {
  return absl::InternalError(
      absl::StrCat("oneDNN: ", error.what(), " (status ", static_cast<int>(error.status), ")"));
}

// A layer and its place in the network, which names its random numbers.
struct Placed {
  model::Layer layer;
  std::int64_t place;
};

ActivationKind* ActivationOf(model::Layer& layer) {
  if (auto* dense = std::get_if<model::DenseLayer>(&layer.kind)) return &dense->activation;
  if (auto* activation = std::get_if<model::ActivationLayer>(&layer.kind)) return &activation->activation;
  return nullptr;
}

// The layers that do something: without flatten (a sample is one row throughout), dropout at rate 0 and linear
// activations; an activation behind a linear dense becomes the dense's own, which computes it on the way.
std::vector<Placed> Simplify(const model::Network& network) {
  std::vector<Placed> placed;
  for (std::size_t i = 0; i < network.layers.size(); ++i) {
    const model::Layer& layer = network.layers[i];
    if (std::holds_alternative<model::FlattenLayer>(layer.kind)) continue;
    if (const auto* dropout = std::get_if<model::DropoutLayer>(&layer.kind); dropout && dropout->rate == 0)
      continue;
    if (const auto* activation = std::get_if<model::ActivationLayer>(&layer.kind)) {
      if (activation->activation == ActivationKind::kLinear) continue;
      auto* dense = placed.empty() ? nullptr : std::get_if<model::DenseLayer>(&placed.back().layer.kind);
      if (dense != nullptr && dense->activation == ActivationKind::kLinear) {
        dense->activation = activation->activation;
        continue;
      }
    }
    placed.push_back({layer, static_cast<std::int64_t>(i)});
  }
  return placed;
}

// Leaves the activation that the network ends with to the loss.
void DropOutputActivation(std::vector<Placed>& placed) {
  if (placed.empty()) return;
  model::Layer& last = placed.back().layer;
  if (auto* dense = std::get_if<model::DenseLayer>(&last.kind)) {
    dense->activation = ActivationKind::kLinear;
  } else if (std::holds_alternative<model::ActivationLayer>(last.kind)) {
    placed.pop_back();
  }
}

}  // namespace

absl::StatusOr<std::unique_ptr<Chain>> Chain::Create(const model::Network& network, const RandomSource& source) {
  const std::int64_t src_width = model::Elements(network.src);
  std::vector<Placed> placed = Simplify(network);
  DropOutputActivation(placed);

  std::unique_ptr<Chain> chain(new Chain());
  chain->src_width_ = src_width;
  std::int64_t width = src_width;
  for (std::size_t i = 0; i < placed.size(); ++i) {
    auto& [layer, place] = placed[i];
    if (const ActivationKind* kind = ActivationOf(layer); kind != nullptr && *kind == ActivationKind::kSoftmax) {
      return absl::InvalidArgumentError(
          absl::StrCat("layer '", layer.name,
                       "': a softmax stands before the last layer; it is trained as the last layer alone"));
    }
    if (const auto* dense = std::get_if<model::DenseLayer>(&layer.kind)) {
      if (dense->units < 1 || width < 1) {
        return absl::InvalidArgumentError(absl::StrCat("layer '", layer.name, "': ", width, " inputs and ",
                                                       dense->units, " units; both are from 1"));
      }
      chain->layers_.push_back(std::make_unique<Dense>(*dense, width, source, place));
    } else if (const auto* dropout = std::get_if<model::DropoutLayer>(&layer.kind)) {
      if (!(dropout->rate >= 0 && dropout->rate < 1)) {
        return absl::InvalidArgumentError(
            absl::StrCat("layer '", layer.name, "': a dropout rate of ", dropout->rate, "; it is in [0, 1)"));
      }
      const DropoutRule rule(RandomStream(source, Purpose::kDropout, place), dropout->rate);
      if (i == 0) {
        chain->input_dropout_ = rule;
        continue;
      }
      chain->layers_.push_back(std::make_unique<Dropout>(rule, width));
    } else if (const auto* activation = std::get_if<model::ActivationLayer>(&layer.kind)) {
      chain->layers_.push_back(std::make_unique<Activation>(activation->activation, width));
    }
    width = chain->layers_.back()->dst_width();
    for (Parameter* parameter : chain->layers_.back()->parameters()) chain->parameters_.push_back(parameter);
  }
  return chain;
}

std::int64_t Chain::dst_width() const { return layers_.empty() ? src_width_ : layers_.back()->dst_width(); }

absl::StatusOr<std::unique_ptr<Pass>> Chain::MakePass(std::int64_t rows, bool training) {
  auto pass = std::make_unique<Pass>();
  pass->rows_ = rows;
  pass->src_ = Floats(rows * src_width_);
  const auto add_tensor = [&](std::int64_t width) { return pass->tensors_.emplace_back(rows * width).data(); };
  // diff is wanted behind the first layer that has parameters, and of no tensor before it.
  const float* src = pass->src();
  float* diff_src = nullptr;
  bool trains = false;
  try {
    for (const auto& layer : layers_) {
      if (!training && layer->training_only()) continue;
      Tensors tensors = {.src = src, .dst = add_tensor(layer->dst_width()), .diff_src = diff_src};
      const bool backward = training && (trains || layer->trains());
      if (backward) tensors.diff_dst = layer->elementwise() ? diff_src : add_tensor(layer->dst_width());
      pass->stages_.push_back({layer->MakePass(rows, training, tensors), backward});
      trains = backward;
      src = tensors.dst;
      diff_src = tensors.diff_dst;
    }
    std::size_t bytes = 0;
    for (const auto& stage : pass->stages_) bytes = std::max(bytes, stage.layer->ScratchpadBytes());
    pass->scratchpad_ = Floats(static_cast<std::int64_t>(bytes / sizeof(float) + 1));
    for (const auto& stage : pass->stages_) stage.layer->BindScratchpad(pass->scratchpad_.data());
  } catch (const dnnl::error& error) {
    return FromLibrary(error);
  }
  pass->dst_ = src;
  if (training && diff_src == nullptr) diff_src = add_tensor(dst_width());  // nothing to train: for the loss alone
  pass->diff_dst_ = diff_src;
  return pass;
}

absl::Status Pass::Forward(const Step& step) {
  try {
    for (const Stage& stage : stages_) stage.layer->Forward(step);
  } catch (const dnnl::error& error) {
    return FromLibrary(error);
  }
  return absl::OkStatus();
}

absl::Status Pass::Backward() {
  try {
    for (auto stage = stages_.rbegin(); stage != stages_.rend() && stage->backward; ++stage)
      stage->layer->Backward();
  } catch (const dnnl::error& error) {
    return FromLibrary(error);
  }
  return absl::OkStatus();
}

}  // namespace hpsearch::nn
