#include "server/model/outline.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <utility>

#include "server/model/canonical_value.h"
#include "server/model/key_table.h"
#include "server/model/layer_rules.h"
#include "server/model/shapes.h"
#include "server/model/wiring.h"

namespace hpsearch::model {
namespace {

// 4 GiB of floats; with gradients and what an optimizer keeps beside them up to five times that.
constexpr std::int64_t kMostWeights = std::int64_t{1} << 30;

// The key's value where it stands there and fits.
template <class T>
std::optional<T> ValueOf(const Node& body, const KeyTable& table, const char* key) {
  const Node* node = body.Find(key);
  if (node == nullptr || !node->is_scalar()) return std::nullopt;
  const absl::StatusOr<Scalar> fit = Fit(node->scalar(), *table.Find(key));
  if (!fit.ok()) return std::nullopt;
  return std::get<T>(*fit);
}

std::optional<ActivationKind> ActivationOf(const Node& body, const KeyTable& table) {
  if (table.Find("activation") == nullptr) return ActivationKind::kLinear;
  const auto name = ValueOf<std::string>(body, table, "activation");
  if (!name.has_value()) return std::nullopt;
  return EnumNamed<ActivationKind>(*name, ActivationNames());
}

// The names in `input` or `inputs`; nullopt: not all of them are known.
std::optional<std::vector<std::string>> InputsOf(const Node& body, const KeyTable& table) {
  std::vector<std::string> names;
  if (const Node* input = body.Find("input")) {
    const auto name = ValueOf<std::string>(body, table, "input");
    if (input->is_null() || !name.has_value()) return std::nullopt;
    names.push_back(*name);
  }
  if (table.Find("inputs") == nullptr) return names;
  const Node* inputs = body.Find("inputs");
  if (inputs == nullptr || !inputs->is_sequence()) return std::nullopt;
  for (const Node& item : inputs->sequence()) {
    if (!item.is_scalar()) return std::nullopt;
    const absl::StatusOr<Scalar> fit = Fit(item.scalar(), *table.Find("inputs"));
    if (!fit.ok()) return std::nullopt;
    names.push_back(std::get<std::string>(*fit));
  }
  return names;
}

void CheckNames(const Outline& layers, Faults& faults) {
  std::map<std::string, const LayerOutline*> named;
  for (const auto& layer : layers) {
    if (!layer.has_value() || !layer->name.has_value()) continue;
    if (*layer->name == kNetworkInputName) {
      faults.push_back(
          {Join(layer->path, "name"),
           fmt::format("'{}' is the name of the network's own input; another one is wanted", kNetworkInputName)});
      continue;
    }
    const auto [there, added] = named.emplace(*layer->name, &*layer);
    if (added) continue;
    faults.push_back(
        {Join(layer->path, "name"), fmt::format("'{}' is the name of {} already; each layer has its own",
                                                *layer->name, there->second->path)});
  }
}

void CheckSoftmaxIsLast(const Outline& layers, Faults& faults) {
  const LayerOutline* behind = nullptr;
  for (auto layer = layers.rbegin(); layer != layers.rend(); ++layer) {
    if (!layer->has_value()) continue;
    if (behind != nullptr && (*layer)->activation == ActivationKind::kSoftmax) {
      faults.push_back(
          {Join((*layer)->path, "activation"),
           fmt::format("a softmax stands last, and {} follows it; another activation is wanted, or the "
                       "layers behind it left out",
                       behind->path)});
    }
    behind = &**layer;
  }
}

// The value as the key has it; null where it is none of the key's. A parameter that counts at one key and measures
// at another is an integer at both.
Node Fitted(const Node& value, const KeyRule& rule) {
  if (value.is_sequence()) {
    Node::Sequence items;
    for (const Node& item : value.sequence()) items.push_back(Fitted(item, rule));
    return Node(std::move(items));
  }
  if (!value.is_scalar()) return Node();
  absl::StatusOr<Scalar> fitted = Fit(value.scalar(), rule);
  return fitted.ok() ? Node(*std::move(fitted)) : Node();
}

// The canonical body with each key's value as that has it; nullopt: one does not fit, or is not there.
std::optional<Node> Whole(Node body, const KeyTable& table) {
  for (const KeyRule& rule : table.keys) {
    Node* node = body.Find(rule.key);
    if (node == nullptr) {
      if (rule.required || !rule.default_value.is_null()) return std::nullopt;
      continue;
    }
    const bool list =
        rule.type == KeyType::kExtent || rule.type == KeyType::kIntegers || rule.type == KeyType::kTexts;
    if (node->is_sequence() != list || (rule.type == KeyType::kExtent && node->sequence().size() != 2))
      return std::nullopt;
    *node = Fitted(*node, rule);
    const auto fits = [](const Node& value) { return value.is_scalar() && !value.is_null(); };
    if (list ? !std::ranges::all_of(node->sequence(), fits) : !fits(*node)) return std::nullopt;
  }
  return body;
}

// The shape behind the layer, and how many weights it adds; faults, where somebody asks for them. Nothing in
// `srcs`: not all of them are known.
std::optional<Shape> Behind(const LayerOutline& layer, const std::vector<Shape>& srcs, double& weights,
                            Faults* faults) {
  if (layer.kind == "dense") {
    if (!layer.units.has_value()) return std::nullopt;
    const std::int64_t inputs = srcs.empty() ? 1 : Elements(srcs.front());
    weights += static_cast<double>(inputs) * static_cast<double>(*layer.units);
    return Shape{*layer.units};
  }
  if (srcs.empty()) return std::nullopt;
  // What does not change the shape does not, whatever else is not known of it.
  if (!layer.layer.has_value()) {
    if (layer.kind == "dropout" || layer.kind == "batch_normalization") return srcs.front();
    return std::nullopt;
  }
  ShapeFault fault;
  std::optional<Shape> dst = DstShape(*layer.layer, srcs, fault);
  if (dst.has_value()) {
    weights += WeightsOf(*layer.layer, srcs.front());
  } else if (faults != nullptr) {
    faults->push_back({fault.key.empty() ? layer.path : Join(layer.path, fault.key), fault.message});
  }
  return dst;
}

// The shapes that a layer reads; none where not all of them are known.
std::vector<Shape> SrcsOf(const std::optional<std::vector<std::int64_t>>& inputs, const std::optional<Shape>& src,
                          const std::vector<std::optional<Shape>>& behind) {
  std::vector<Shape> srcs;
  if (!inputs.has_value()) return srcs;
  for (const std::int64_t input : *inputs) {
    const std::optional<Shape>& shape = input == kNetworkInput ? src : behind[static_cast<std::size_t>(input)];
    if (!shape.has_value()) return {};
    srcs.push_back(*shape);
  }
  return srcs;
}

void CheckShapes(const Outline& layers, const Wiring& wiring, const std::optional<Shape>& src, Faults& faults) {
  std::vector<std::optional<Shape>> behind;
  double weights = 0;
  for (const auto& layer : layers) {
    if (!layer.has_value()) return;
    behind.push_back(Behind(*layer, SrcsOf(wiring[behind.size()], src, behind), weights, &faults));
    if (weights <= static_cast<double>(kMostWeights)) continue;
    const bool dense = layer->kind == "dense";
    faults.push_back({Join(layer->path, dense ? "units" : "filters"),
                      fmt::format("with {} {} the network has {:.0f} weights; at most {} can be trained",
                                  *layer->units, dense ? "units" : "filters", weights, kMostWeights)});
    return;
  }
}

}  // namespace

Outline OutlineOf(const Node& model) {
  Outline layers;
  if (!model.is_sequence()) return layers;
  for (std::size_t i = 0; i < model.sequence().size(); ++i) {
    layers.emplace_back();
    const Node& item = model.sequence()[i];
    if (!item.is_mapping() || item.mapping().size() != 1) continue;
    const auto& [kind, body] = item.mapping().front();
    const KeyTable* table = LayerRules().Find(kind);
    if (table == nullptr || !body.is_mapping()) continue;
    LayerOutline layer = {.kind = kind,
                          .path = Join(Join("model", i), kind),
                          .name = ValueOf<std::string>(body, *table, "name"),
                          .inputs = InputsOf(body, *table),
                          .activation = ActivationOf(body, *table)};
    if (kind == "dense") layer.units = ValueOf<std::int64_t>(body, *table, "units");
    if (kind == "conv2d") layer.units = ValueOf<std::int64_t>(body, *table, "filters");
    if (const std::optional<Node> whole = Whole(body, *table)) layer.layer = ReadLayer(kind, *whole);
    layers.back() = std::move(layer);
  }
  return layers;
}

std::vector<std::optional<Shape>> ShapesOf(const Outline& layers, const std::optional<Shape>& src) {
  const Wiring wiring = WiringOf(layers);
  std::vector<std::optional<Shape>> shapes;
  double weights = 0;
  for (const auto& layer : layers) {
    const std::vector<Shape> srcs = SrcsOf(wiring[shapes.size()], src, shapes);
    shapes.push_back(layer.has_value() ? Behind(*layer, srcs, weights, nullptr) : std::nullopt);
  }
  return shapes;
}

void CheckGraph(const Outline& layers, const std::optional<Shape>& src, Faults& faults) {
  CheckNames(layers, faults);
  const Wiring wiring = CheckWiring(layers, faults);
  CheckSoftmaxIsLast(layers, faults);
  CheckShapes(layers, wiring, src, faults);
}

}  // namespace hpsearch::model
