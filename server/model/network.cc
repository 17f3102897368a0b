#include "server/model/network.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <limits>
#include <utility>

#include "server/model/canonical_value.h"
#include "server/model/key_check.h"
#include "server/model/layer_rules.h"
#include "server/model/outline.h"
#include "server/model/section_check.h"
#include "server/model/shapes.h"
#include "server/model/wiring.h"

namespace hpsearch::model {
namespace {

template <class Kind>
Kind Named(const Node& body, const char* key, const std::vector<std::string>& names) {
  return EnumNamed<Kind>(Value<std::string>(body, key), names).value();
}

// What layers with weights have beside their own arguments.
template <class Layer>
void ReadOfWeights(const Node& body, Layer& layer) {
  if (body.Find("max_norm") != nullptr) layer.max_norm = Value<double>(body, "max_norm");
  if (const Node* regularizer = body.Find("kernel_regularizer")) {
    layer.l1 = ValueOr(*regularizer, "l1", 0.0);
    layer.l2 = ValueOr(*regularizer, "l2", 0.0);
  }
  const bool trainable = ValueOr(body, "trainable", true);
  layer.learning_rate_factor = trainable ? ValueOr(body, "learning_rate_factor", 1.0) : 0;
}

DenseLayer Dense(const Node& body) {
  DenseLayer layer;
  layer.units = Value<std::int64_t>(body, "units");
  layer.activation = Named<ActivationKind>(body, "activation", ActivationNames());
  layer.use_bias = Value<bool>(body, "use_bias");
  layer.kernel_initializer = Named<InitializerKind>(body, "kernel_initializer", InitializerNames());
  layer.bias_initializer = Named<InitializerKind>(body, "bias_initializer", InitializerNames());
  ReadOfWeights(body, layer);
  return layer;
}

Extent ExtentAt(const Node& body, const char* key) {
  const Node::Sequence& extents = body.Find(key)->sequence();
  return {std::get<std::int64_t>(extents[0].scalar()), std::get<std::int64_t>(extents[1].scalar())};
}

Conv2dLayer Conv2d(const Node& body) {
  Conv2dLayer layer;
  layer.filters = Value<std::int64_t>(body, "filters");
  layer.kernel_size = ExtentAt(body, "kernel_size");
  layer.strides = ExtentAt(body, "strides");
  layer.padding = Named<Padding>(body, "padding", PaddingNames());
  layer.dilation_rate = ExtentAt(body, "dilation_rate");
  layer.groups = Value<std::int64_t>(body, "groups");
  layer.activation = Named<ActivationKind>(body, "activation", ActivationNames());
  layer.use_bias = Value<bool>(body, "use_bias");
  layer.kernel_initializer = Named<InitializerKind>(body, "kernel_initializer", InitializerNames());
  layer.bias_initializer = Named<InitializerKind>(body, "bias_initializer", InitializerNames());
  ReadOfWeights(body, layer);
  return layer;
}

Pooling2dLayer Pooling2d(PoolingKind kind, const Node& body) {
  const Extent pool_size = ExtentAt(body, "pool_size");
  return {.kind = kind,
          .pool_size = pool_size,
          .strides = body.Find("strides") != nullptr ? ExtentAt(body, "strides") : pool_size,
          .padding = Named<Padding>(body, "padding", PaddingNames())};
}

BatchNormalizationLayer BatchNormalization(const Node& body) {
  return {.momentum = Value<double>(body, "momentum"),
          .epsilon = Value<double>(body, "epsilon"),
          .center = Value<bool>(body, "center"),
          .scale = Value<bool>(body, "scale"),
          .trainable = Value<bool>(body, "trainable")};
}

ReshapeLayer Reshape(const Node& body) {
  ReshapeLayer layer;
  for (const Node& extent : body.Find("target_shape")->sequence()) {
    layer.target_shape.push_back(std::get<std::int64_t>(extent.scalar()));
  }
  return layer;
}

}  // namespace

std::int64_t Elements(const Shape& shape) {
  std::int64_t elements = 1;
  for (const std::int64_t extent : shape) {
    // Shapes come from workers: saturates rather than overflows.
    if (__builtin_mul_overflow(elements, extent, &elements)) return std::numeric_limits<std::int64_t>::max();
  }
  return elements;
}

double DefaultAlpha(ActivationKind kind) {
  if (kind == ActivationKind::kLeakyRelu) return 0.2;
  return kind == ActivationKind::kElu ? 1.0 : 0.0;
}

LayerKind ReadLayer(const std::string& kind, const Node& body) {
  if (kind == "dense") return Dense(body);
  if (kind == "dropout") return DropoutLayer{Value<double>(body, "rate")};
  if (kind == "activation") return ActivationLayer{Named<ActivationKind>(body, "activation", ActivationNames())};
  if (kind == "leaky_relu") return ActivationLayer{ActivationKind::kLeakyRelu, Value<double>(body, "alpha")};
  if (kind == "elu") return ActivationLayer{ActivationKind::kElu, Value<double>(body, "alpha")};
  if (kind == "conv2d") return Conv2d(body);
  if (kind == "max_pooling2d") return Pooling2d(PoolingKind::kMax, body);
  if (kind == "average_pooling2d") return Pooling2d(PoolingKind::kAverage, body);
  if (kind == "global_average_pooling2d") return GlobalAveragePooling2dLayer{};
  if (kind == "batch_normalization") return BatchNormalization(body);
  if (kind == "add") return AddLayer{};
  if (kind == "concatenate") return ConcatenateLayer{};
  if (kind == "spatial_dropout2d") return SpatialDropout2dLayer{Value<double>(body, "rate")};
  if (kind == "reshape") return Reshape(body);
  return FlattenLayer{};
}

bool ReadsSeveral(const LayerKind& kind) {
  return std::holds_alternative<AddLayer>(kind) || std::holds_alternative<ConcatenateLayer>(kind);
}

std::string ToString(const Shape& shape) { return fmt::format("{}", fmt::join(shape, "x")); }

ActivationKind Network::OutputActivation() const {
  if (layers.empty()) return ActivationKind::kLinear;
  const LayerKind& last = layers.back().kind;
  if (const auto* dense = std::get_if<DenseLayer>(&last)) return dense->activation;
  if (const auto* conv = std::get_if<Conv2dLayer>(&last)) return conv->activation;
  if (const auto* activation = std::get_if<ActivationLayer>(&last)) return activation->activation;
  return ActivationKind::kLinear;
}

std::vector<std::int64_t> Network::InputsOf(std::size_t layer) const {
  if (!layers[layer].inputs.empty()) return layers[layer].inputs;
  return {static_cast<std::int64_t>(layer) - 1};  // kNetworkInput in front of the first
}

std::int64_t Network::OutputUnits() const { return Elements(layers.empty() ? src : layers.back().dst); }

Network ReadNetwork(const Node& model, const Shape& src, Faults& faults) {
  const std::size_t before = faults.size();
  Node canonical = model;
  KeyChecker checker(faults, nullptr);
  CheckModel(canonical, checker);
  const Outline outline = OutlineOf(canonical);
  if (faults.size() == before) CheckGraph(outline, src, faults);
  Network network = {.src = src};
  if (faults.size() > before) return network;
  const Wiring wiring = WiringOf(outline);
  ShapeFault none;
  for (std::size_t i = 0; i < outline.size(); ++i) {
    const auto& [kind, body] = canonical.sequence()[i].mapping().front();
    Layer layer = {.name = Value<std::string>(body, "name"), .kind = ReadLayer(kind, body)};
    std::vector<Shape> srcs;
    for (const std::int64_t input : *wiring[i]) {
      srcs.push_back(input == kNetworkInput ? src : network.layers[static_cast<std::size_t>(input)].dst);
    }
    layer.src = srcs.front();
    layer.dst = *DstShape(layer.kind, srcs, none);
    if (*wiring[i] != std::vector{static_cast<std::int64_t>(i) - 1}) layer.inputs = *wiring[i];
    network.layers.push_back(std::move(layer));
  }
  return network;
}

}  // namespace hpsearch::model
