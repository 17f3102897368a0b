#include "worker/nn/simplify.h"

#include <optional>
#include <utility>
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

// Whether what the layer makes is what it reads, value for value.
bool IsIdle(const model::LayerKind& layer, const std::optional<model::Shape>& src) {
  if (std::holds_alternative<model::FlattenLayer>(layer)) return src.has_value() && src->size() == 1;
  if (const auto* dropout = std::get_if<model::DropoutLayer>(&layer)) return dropout->rate == 0;
  if (const auto* dropout = std::get_if<model::SpatialDropout2dLayer>(&layer)) return dropout->rate == 0;
  const auto* activation = std::get_if<model::ActivationLayer>(&layer);
  return activation != nullptr && activation->activation == ActivationKind::kLinear;
}

class Simplifier {
 public:
  explicit Simplifier(const model::Network& network) : network_(network) {}

  std::vector<Placed> Run() {
    FindOrigins();
    for (std::size_t i = 0; i < network_.layers.size(); ++i) {
      const auto place = static_cast<std::int64_t>(i);
      if (origins_[i] != place) {
        at_.push_back(At(origins_[i]));
        continue;
      }
      Placed layer = {network_.layers[i].name, network_.layers[i].kind, place, {}};
      for (const std::int64_t input : network_.InputsOf(i)) layer.inputs.push_back(At(input));
      Add(std::move(layer));
      at_.push_back(static_cast<std::int64_t>(placed_.size()) - 1);
      if (fused_.has_value()) at_.back() = *std::exchange(fused_, std::nullopt);
    }
    LeaveTheLastActivation();
    return std::move(placed_);
  }

 private:
  std::int64_t OriginOf(std::int64_t layer) const {
    return layer == model::kNetworkInput ? layer : origins_[static_cast<std::size_t>(layer)];
  }
  // The placed layer that makes what the network's layer does.
  std::int64_t At(std::int64_t layer) const {
    return layer == model::kNetworkInput ? layer : at_[static_cast<std::size_t>(layer)];
  }
  std::int64_t& Readers(std::int64_t origin) { return readers_[static_cast<std::size_t>(origin + 1)]; }

  void FindOrigins() {
    readers_.resize(network_.layers.size() + 1);
    std::vector<std::optional<model::Shape>> shapes;
    model::ShapeFault none;
    for (std::size_t i = 0; i < network_.layers.size(); ++i) {
      const model::LayerKind& kind = network_.layers[i].kind;
      const std::vector<std::int64_t> inputs = network_.InputsOf(i);
      std::vector<model::Shape> srcs;
      for (const std::int64_t input : inputs) {
        const auto& shape =
            input == model::kNetworkInput ? std::optional(network_.src) : shapes[static_cast<std::size_t>(input)];
        if (shape.has_value()) srcs.push_back(*shape);
      }
      const bool known = srcs.size() == inputs.size();
      const bool idle = IsIdle(kind, known ? std::optional(srcs.front()) : std::nullopt);
      shapes.push_back(known ? model::DstShape(kind, srcs, none) : std::nullopt);
      origins_.push_back(idle ? OriginOf(inputs.front()) : static_cast<std::int64_t>(i));
      if (idle) continue;
      for (const std::int64_t input : inputs) ++Readers(OriginOf(input));
    }
  }

  // Into the dense that it stands behind, where it can be.
  bool Fuse(const Placed& layer, const model::DropoutLayer& dropout) {
    const std::int64_t src = layer.inputs.front();
    if (src == model::kNetworkInput) return false;
    Placed& front = placed_[static_cast<std::size_t>(src)];
    const auto* dense = std::get_if<model::DenseLayer>(&front.layer);
    if (dense == nullptr || dense->activation != ActivationKind::kRelu || front.dropout.has_value()) return false;
    if (Readers(OriginOf(network_.InputsOf(static_cast<std::size_t>(layer.place)).front())) != 1) return false;
    front.dropout = {.rate = dropout.rate, .place = layer.place};
    fused_ = src;
    return true;
  }

  void Add(Placed layer) {
    const auto* dropout = std::get_if<model::DropoutLayer>(&layer.layer);
    if (dropout != nullptr && Fuse(layer, *dropout)) return;
    const auto* activation = std::get_if<model::ActivationLayer>(&layer.layer);
    if (activation == nullptr) {
      ActivationKind* own = OwnActivation(layer.layer);
      placed_.push_back(layer);
      if (own == nullptr || *own == ActivationKind::kSoftmax || HasDerivativeOfDst(*own)) return;
      *OwnActivation(placed_.back().layer) = ActivationKind::kLinear;
      const auto behind = static_cast<std::int64_t>(placed_.size()) - 1;
      placed_.push_back({layer.name, model::ActivationLayer{*own}, layer.place, {behind}});
      return;
    }
    const ActivationKind kind = activation->activation;
    const std::int64_t src = layer.inputs.front();
    ActivationKind* own =
        src == model::kNetworkInput ? nullptr : OwnActivation(placed_[static_cast<std::size_t>(src)].layer);
    const bool fits = kind == ActivationKind::kSoftmax ||
                      (HasDerivativeOfDst(kind) && activation->alpha == model::DefaultAlpha(kind));
    const std::int64_t origin = OriginOf(network_.InputsOf(static_cast<std::size_t>(layer.place)).front());
    if (own != nullptr && *own == ActivationKind::kLinear && fits && Readers(origin) == 1) {
      *own = kind;
      fused_ = src;
    } else {
      placed_.push_back(std::move(layer));
    }
  }

  void LeaveTheLastActivation() {
    if (placed_.empty()) return;
    if (ActivationKind* own = OwnActivation(placed_.back().layer)) {
      if (IsOfLoss(*own)) *own = ActivationKind::kLinear;
    } else if (const auto* last = std::get_if<model::ActivationLayer>(&placed_.back().layer)) {
      if (IsOfLoss(last->activation)) placed_.pop_back();
    }
  }

  const model::Network& network_;
  std::vector<std::int64_t> origins_;  // of each layer the one that makes its values; itself, where it is not idle
  std::vector<std::int64_t> readers_;  // how many read what each origin makes, the sample's first
  std::vector<std::int64_t> at_;
  std::optional<std::int64_t> fused_;  // the placed layer that took the last one in
  std::vector<Placed> placed_;
};

}  // namespace

std::vector<Placed> Simplify(const model::Network& network) { return Simplifier(network).Run(); }

}  // namespace hpsearch::nn
