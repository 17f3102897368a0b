// A network as far as it can be told from a canonical `model` section that may still hold broken (null) parts; and
// the checks of its layers as a graph. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "server/model/document.h"
#include "server/model/fault.h"
#include "server/model/network.h"

namespace hpsearch::model {

// Where something is not known, it is nullopt.
struct LayerOutline {
  std::string kind;  // "dense"
  std::string path;  // "model[3].dense"
  std::optional<std::string> name;
  std::optional<std::vector<std::string>> inputs;  // by name; none: the layer before it
  std::optional<ActivationKind> activation;        // kLinear of a layer that has none
  std::optional<std::int64_t> units;               // of dense; of conv2d its filters
  std::optional<LayerKind> layer;                  // where all of its arguments are known
};
// nullopt: what layer stands there is not known.
using Outline = std::vector<std::optional<LayerOutline>>;

Outline OutlineOf(const Node& model);

// The shape behind each layer on samples of shape `src`. nullopt: it is not known, or there is none.
std::vector<std::optional<Shape>> ShapesOf(const Outline& layers, const std::optional<Shape>& src);

// Names are unique, inputs are there and each layer is read, a softmax stands last, every layer can stand on the
// shapes that come to it, the weights can be held in memory. Without `src` no more is said than holds for samples
// of any shape.
void CheckGraph(const Outline& layers, const std::optional<Shape>& src, Faults& faults);

}  // namespace hpsearch::model
