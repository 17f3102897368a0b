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

namespace hpsearch::model {
namespace {

template <class Kind>
Kind Named(const Node& body, const char* key, const std::vector<std::string>& names) {
  return EnumNamed<Kind>(Value<std::string>(body, key), names).value();
}

DenseLayer Dense(const Node& body) {
  DenseLayer layer;
  layer.units = Value<std::int64_t>(body, "units");
  layer.activation = Named<ActivationKind>(body, "activation", ActivationNames());
  layer.use_bias = Value<bool>(body, "use_bias");
  layer.kernel_initializer = Named<InitializerKind>(body, "kernel_initializer", InitializerNames());
  layer.bias_initializer = Named<InitializerKind>(body, "bias_initializer", InitializerNames());
  if (body.Find("max_norm") != nullptr) layer.max_norm = Value<double>(body, "max_norm");
  if (const Node* regularizer = body.Find("kernel_regularizer")) {
    layer.l1 = ValueOr(*regularizer, "l1", 0.0);
    layer.l2 = ValueOr(*regularizer, "l2", 0.0);
  }
  const bool trainable = ValueOr(body, "trainable", true);
  layer.learning_rate_factor = trainable ? ValueOr(body, "learning_rate_factor", 1.0) : 0;
  return layer;
}

Layer Read(const std::string& kind, const Node& body, const Shape& src) {
  Layer layer = {.name = Value<std::string>(body, "name"), .src = src, .dst = src};
  if (kind == "dense") {
    DenseLayer dense = Dense(body);
    layer.dst = {dense.units};
    layer.kind = dense;
  } else if (kind == "dropout") {
    layer.kind = DropoutLayer{Value<double>(body, "rate")};
  } else if (kind == "activation") {
    layer.kind = ActivationLayer{Named<ActivationKind>(body, "activation", ActivationNames())};
  } else {
    layer.kind = FlattenLayer{};
    layer.dst = {Elements(src)};
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

std::string ToString(const Shape& shape) { return fmt::format("{}", fmt::join(shape, "x")); }

ActivationKind Network::OutputActivation() const {
  if (layers.empty()) return ActivationKind::kLinear;
  if (const auto* dense = std::get_if<DenseLayer>(&layers.back().kind)) return dense->activation;
  if (const auto* activation = std::get_if<ActivationLayer>(&layers.back().kind)) return activation->activation;
  return ActivationKind::kLinear;
}

std::int64_t Network::OutputUnits() const { return Elements(layers.empty() ? src : layers.back().dst); }

Network ReadNetwork(const Node& model, const Shape& src, Faults& faults) {
  const std::size_t before = faults.size();
  Node canonical = model;
  KeyChecker checker(faults, nullptr);
  CheckModel(canonical, checker);
  if (faults.size() == before) CheckChain(OutlineOf(canonical), src, faults);
  Network network = {.src = src};
  if (faults.size() > before) return network;
  Shape shape = src;
  for (const Node& item : canonical.sequence()) {
    const auto& [kind, body] = item.mapping().front();
    network.layers.push_back(Read(kind, body, shape));
    shape = network.layers.back().dst;
  }
  return network;
}

}  // namespace hpsearch::model
