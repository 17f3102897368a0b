#include "worker/nn/network_check.h"

#include <variant>

#include "absl/strings/str_cat.h"
#include "server/model/shapes.h"

namespace hpsearch::nn {
namespace {

using model::ActivationKind;

template <class... Parts>
absl::Status Wrong(const std::string& name, const Parts&... message) {
  return absl::InvalidArgumentError(absl::StrCat("layer '", name, "': ", message...));
}

bool IsRate(double rate) { return rate >= 0 && rate < 1; }

}  // namespace

absl::Status CheckInputs(const model::Network& network) {
  std::vector<bool> read(network.layers.size());
  for (std::size_t i = 0; i < network.layers.size(); ++i) {
    const model::Layer& layer = network.layers[i];
    const std::vector<std::int64_t> inputs = network.InputsOf(i);
    if (model::ReadsSeveral(layer.kind) ? inputs.size() < 2 : inputs.size() != 1) {
      return Wrong(layer.name, inputs.size(), " inputs; ",
                   model::ReadsSeveral(layer.kind) ? "two or more are wanted" : "one is wanted");
    }
    for (const std::int64_t input : inputs) {
      if (input < model::kNetworkInput || input >= static_cast<std::int64_t>(i)) {
        return Wrong(layer.name, "an input that does not stand before it");
      }
      if (input != model::kNetworkInput) read[static_cast<std::size_t>(input)] = true;
    }
  }
  for (std::size_t i = 0; i + 1 < network.layers.size(); ++i) {
    if (!read[i]) return Wrong(network.layers[i].name, "no layer reads it");
  }
  return absl::OkStatus();
}

absl::Status CheckRuns(const std::string& name, const model::LayerKind& layer,
                       const std::vector<model::Shape>& srcs) {
  const auto* dense = std::get_if<model::DenseLayer>(&layer);
  const auto* conv = std::get_if<model::Conv2dLayer>(&layer);
  const auto* alone = std::get_if<model::ActivationLayer>(&layer);
  const auto* dropout = std::get_if<model::DropoutLayer>(&layer);
  const auto* spatial = std::get_if<model::SpatialDropout2dLayer>(&layer);
  if ((dense != nullptr && dense->activation == ActivationKind::kSoftmax) ||
      (conv != nullptr && conv->activation == ActivationKind::kSoftmax) ||
      (alone != nullptr && alone->activation == ActivationKind::kSoftmax)) {
    return Wrong(name, "a softmax stands before the last layer; it is trained as the last layer alone");
  }
  if (dense != nullptr && (dense->units < 1 || model::Elements(srcs.front()) < 1)) {
    return Wrong(name, model::Elements(srcs.front()), " inputs and ", dense->units, " units; both are from 1");
  }
  if (conv != nullptr && (conv->filters < 1 || conv->groups < 1)) {
    return Wrong(name, conv->filters, " filters and ", conv->groups, " groups; both are from 1");
  }
  if ((dropout != nullptr && !IsRate(dropout->rate)) || (spatial != nullptr && !IsRate(spatial->rate))) {
    return Wrong(name, "a dropout rate of ", dropout != nullptr ? dropout->rate : spatial->rate,
                 "; it is in [0, 1)");
  }
  model::ShapeFault fault;
  if (!model::DstShape(layer, srcs, fault).has_value()) return Wrong(name, fault.message);
  return absl::OkStatus();
}

}  // namespace hpsearch::nn
