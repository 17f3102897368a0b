#include "server/model/outline.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <utility>

#include "server/model/canonical_value.h"
#include "server/model/key_table.h"
#include "server/model/layer_rules.h"
#include "server/model/shapes.h"

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

void CheckNames(const Outline& layers, Faults& faults) {
  std::map<std::string, const LayerOutline*> named;
  for (const auto& layer : layers) {
    if (!layer.has_value() || !layer->name.has_value()) continue;
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

// Whether each key of the table stands in the canonical body with a value that fits.
bool IsWhole(const Node& body, const KeyTable& table) {
  return std::ranges::all_of(table.keys, [&](const KeyRule& rule) {
    const Node* node = body.Find(rule.key);
    if (node == nullptr) return !rule.required && rule.default_value.is_null();
    const auto fits = [&rule](const Node& item) { return item.is_scalar() && Fit(item.scalar(), rule).ok(); };
    if (rule.type != KeyType::kExtent) return fits(*node);
    return node->is_sequence() && node->sequence().size() == 2 && std::ranges::all_of(node->sequence(), fits);
  });
}

// The shape behind the layer, and how many weights it adds; faults, where somebody asks for them.
std::optional<Shape> Behind(const LayerOutline& layer, const std::optional<Shape>& src, double& weights,
                            Faults* faults) {
  if (layer.kind == "dense") {
    if (!layer.units.has_value()) return std::nullopt;
    weights += static_cast<double>(Elements(src.value_or(Shape{}))) * static_cast<double>(*layer.units);
    return Shape{*layer.units};
  }
  if (!src.has_value()) return std::nullopt;
  // What does not change the shape does not, whatever else is not known of it.
  if (!layer.layer.has_value())
    return layer.kind == "dropout" || layer.kind == "batch_normalization" ? src : std::nullopt;
  ShapeFault fault;
  std::optional<Shape> dst = DstShape(*layer.layer, *src, fault);
  if (dst.has_value()) {
    weights += WeightsOf(*layer.layer, *src);
  } else if (faults != nullptr) {
    faults->push_back({fault.key.empty() ? layer.path : Join(layer.path, fault.key), fault.message});
  }
  return dst;
}

void CheckShapes(const Outline& layers, const std::optional<Shape>& src, Faults& faults) {
  std::optional<Shape> shape = src;
  double weights = 0;
  for (const auto& layer : layers) {
    if (!layer.has_value()) return;
    shape = Behind(*layer, shape, weights, &faults);
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
                          .activation = ActivationOf(body, *table)};
    if (kind == "dense") layer.units = ValueOf<std::int64_t>(body, *table, "units");
    if (kind == "conv2d") layer.units = ValueOf<std::int64_t>(body, *table, "filters");
    if (IsWhole(body, *table)) layer.layer = ReadLayer(kind, body);
    layers.back() = std::move(layer);
  }
  return layers;
}

std::vector<std::optional<Shape>> ShapesOf(const Outline& layers, const std::optional<Shape>& src) {
  std::vector<std::optional<Shape>> shapes;
  std::optional<Shape> shape = src;
  double weights = 0;
  for (const auto& layer : layers) {
    shape = layer.has_value() ? Behind(*layer, shape, weights, nullptr) : std::nullopt;
    shapes.push_back(shape);
  }
  return shapes;
}

void CheckChain(const Outline& layers, const std::optional<Shape>& src, Faults& faults) {
  CheckNames(layers, faults);
  CheckSoftmaxIsLast(layers, faults);
  CheckShapes(layers, src, faults);
}

}  // namespace hpsearch::model
