#include "worker/nn/simplify.h"

#include <optional>
#include <variant>

#include "server/model/shapes.h"
#include "worker/nn/elementwise.h"

namespace hpsearch::nn {
namespace {

using model::ActivationKind;

// The activation that a layer with weights applies itself; nullptr: it has none.
ActivationKind* OwnActivation(model::LayerKind& layer) {
  if (auto* dense = std::get_if<model::DenseLayer>(&layer)) return &dense->activation;
  if (auto* conv = std::get_if<model::Conv2dLayer>(&layer)) return &conv->activation;
  return nullptr;
}

// Fused with the loss where it ends the network; a regression's output keeps any other.
bool IsOfLoss(ActivationKind kind) { return kind == ActivationKind::kSoftmax || kind == ActivationKind::kSigmoid; }

bool IsFlat(const std::optional<model::Shape>& shape) { return shape.has_value() && shape->size() == 1; }

void Add(std::vector<Placed>& placed, Placed layer) {
  if (const auto* dropout = std::get_if<model::DropoutLayer>(&layer.layer); dropout && dropout->rate == 0) return;
  const auto* activation = std::get_if<model::ActivationLayer>(&layer.layer);
  if (activation == nullptr) {
    ActivationKind* own = OwnActivation(layer.layer);
    placed.push_back(layer);
    if (own == nullptr || *own == ActivationKind::kSoftmax || HasDerivativeOfDst(*own)) return;
    *OwnActivation(placed.back().layer) = ActivationKind::kLinear;
    placed.push_back({layer.name, model::ActivationLayer{*own}, layer.place});
    return;
  }
  const ActivationKind kind = activation->activation;
  if (kind == ActivationKind::kLinear) return;
  ActivationKind* own = placed.empty() ? nullptr : OwnActivation(placed.back().layer);
  const bool fits = kind == ActivationKind::kSoftmax ||
                    (HasDerivativeOfDst(kind) && activation->alpha == model::DefaultAlpha(kind));
  if (own != nullptr && *own == ActivationKind::kLinear && fits) {
    *own = kind;
  } else {
    placed.push_back(std::move(layer));
  }
}

}  // namespace

std::vector<Placed> Simplify(const model::Network& network) {
  std::vector<Placed> placed;
  std::optional<model::Shape> shape = network.src;
  model::ShapeFault none;
  for (std::size_t i = 0; i < network.layers.size(); ++i) {
    const model::Layer& layer = network.layers[i];
    const bool idle = std::holds_alternative<model::FlattenLayer>(layer.kind) && IsFlat(shape);
    if (shape.has_value()) shape = model::DstShape(layer.kind, *shape, none);
    if (!idle) Add(placed, {layer.name, layer.kind, static_cast<std::int64_t>(i)});
  }
  if (placed.empty()) return placed;
  if (ActivationKind* own = OwnActivation(placed.back().layer)) {
    if (IsOfLoss(*own)) *own = ActivationKind::kLinear;
  } else if (const auto* last = std::get_if<model::ActivationLayer>(&placed.back().layer)) {
    if (IsOfLoss(last->activation)) placed.pop_back();
  }
  return placed;
}

}  // namespace hpsearch::nn
