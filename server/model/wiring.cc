#include "server/model/wiring.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <string>
#include <utility>

#include "server/model/names.h"

namespace hpsearch::model {
namespace {

// Finds names among the layers that stand before the one that is looked at.
class Resolver {
 public:
  Resolver(const Outline& layers, Faults* faults) : layers_(layers), faults_(faults) {
    places_.emplace(kNetworkInputName, kNetworkInput);
    names_.emplace_back(kNetworkInputName);
  }

  Wiring Run() {
    Wiring wiring;
    for (std::size_t i = 0; i < layers_.size(); ++i) {
      wiring.push_back(layers_[i].has_value() ? InputsOf(i) : std::nullopt);
      if (layers_[i].has_value() && layers_[i]->name.has_value()) {
        if (places_.emplace(*layers_[i]->name, i).second) names_.push_back(*layers_[i]->name);
      } else {
        all_named_ = false;
      }
    }
    return wiring;
  }

 private:
  std::optional<std::vector<std::int64_t>> InputsOf(std::size_t i) {
    const LayerOutline& layer = *layers_[i];
    if (!layer.inputs.has_value()) return std::nullopt;
    if (layer.inputs->empty()) return std::vector{static_cast<std::int64_t>(i) - 1};
    std::optional<std::vector<std::int64_t>> inputs = std::vector<std::int64_t>();
    for (std::size_t k = 0; k < layer.inputs->size(); ++k) {
      const std::string& name = (*layer.inputs)[k];
      const auto place = places_.find(name);
      if (place == places_.end()) {
        Refuse(i, k, name);
        inputs.reset();
      } else if (inputs.has_value()) {
        inputs->push_back(place->second);
      }
    }
    return inputs;
  }

  void Refuse(std::size_t i, std::size_t k, const std::string& name) {
    if (faults_ == nullptr) return;
    const bool several = layers_[i]->kind == "add" || layers_[i]->kind == "concatenate";
    const std::string path = several ? Join(Join(layers_[i]->path, "inputs"), k) : Join(layers_[i]->path, "input");
    const auto named = [&](const std::optional<LayerOutline>& layer) {
      return layer.has_value() && layer->name == name;
    };
    if (std::any_of(layers_.begin() + static_cast<std::ptrdiff_t>(i), layers_.end(), named)) {
      faults_->push_back({path, fmt::format("'{}' does not stand before it; an input is an earlier layer", name)});
    } else if (all_named_) {  // else it may be the name that is not known
      faults_->push_back({path, UnknownName("layer", name, names_)});
    }
  }

  const Outline& layers_;
  Faults* faults_;                              // null: nobody asks
  std::map<std::string, std::int64_t> places_;  // of what was met
  std::vector<std::string> names_;              // the same, in the file's order
  bool all_named_ = true;
};

void CheckAllAreRead(const Outline& layers, const Wiring& wiring, Faults& faults) {
  std::vector<bool> read(layers.size());
  for (const auto& inputs : wiring) {
    if (!inputs.has_value()) return;
    for (const std::int64_t input : *inputs) {
      if (input != kNetworkInput) read[static_cast<std::size_t>(input)] = true;
    }
  }
  for (std::size_t i = 0; i + 1 < layers.size(); ++i) {
    if (read[i] || !layers[i]->name.has_value()) continue;
    faults.push_back({layers[i]->path, fmt::format("no layer reads '{}'; name it as the input of a later one, or "
                                                   "leave it out (the last layer is the network's output)",
                                                   *layers[i]->name)});
  }
}

}  // namespace

Wiring WiringOf(const Outline& layers) { return Resolver(layers, nullptr).Run(); }

Wiring CheckWiring(const Outline& layers, Faults& faults) {
  Wiring wiring = Resolver(layers, &faults).Run();
  CheckAllAreRead(layers, wiring, faults);
  return wiring;
}

}  // namespace hpsearch::model
