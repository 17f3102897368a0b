#include "server/model/outline.h"

#include <fmt/format.h>

#include <map>
#include <utility>

#include "server/model/canonical_value.h"
#include "server/model/key_table.h"
#include "server/model/layer_rules.h"

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

void CheckShapes(const Outline& layers, const Shape& src, Faults& faults) {
  std::optional<Shape> shape = src;
  double weights = 0;
  for (const auto& layer : layers) {
    if (!layer.has_value()) return;
    if (layer->kind == "dense") {
      if (shape.has_value() && layer->units.has_value()) {
        weights += static_cast<double>(Elements(*shape)) * static_cast<double>(*layer->units);
      }
      if (weights > static_cast<double>(kMostWeights)) {
        faults.push_back({Join(layer->path, "units"),
                          fmt::format("with {} units the network has {:.0f} weights; at most {} can be trained",
                                      *layer->units, weights, kMostWeights)});
        return;
      }
      shape = layer->units.has_value() ? std::optional(Shape{*layer->units}) : std::nullopt;
    } else if (layer->kind == "flatten" && shape.has_value()) {
      shape = Shape{Elements(*shape)};
    } else if (layer->kind == "activation" && layer->activation == ActivationKind::kSoftmax && shape.has_value() &&
               shape->size() != 1) {
      faults.push_back(
          {Join(layer->path, "activation"),
           fmt::format("a softmax on a shape of {}; put flatten or dense before it", ToString(*shape))});
    }
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
    layers.back() = std::move(layer);
  }
  return layers;
}

void CheckChain(const Outline& layers, const Shape& src, Faults& faults) {
  CheckNames(layers, faults);
  CheckSoftmaxIsLast(layers, faults);
  CheckShapes(layers, src, faults);
}

}  // namespace hpsearch::model
