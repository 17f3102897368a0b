#include "server/model/input_keys.h"

#include <fmt/format.h>

#include <string_view>
#include <utility>
#include <vector>

#include "server/model/layer_rules.h"
#include "server/model/network.h"

namespace hpsearch::model {
namespace {

constexpr std::size_t kMostInputs = 64;  // all points of a study are checked with them

// The layer's key for its inputs; null: it is none of the known kinds, or its body has no keys.
const char* KeyOf(const Node& layer) {
  if (!layer.is_mapping() || layer.mapping().size() != 1) return nullptr;
  const auto& [kind, body] = layer.mapping().front();
  const KeyTable* table = LayerRules().Find(kind);
  if (table == nullptr || !body.is_mapping()) return nullptr;
  return table->Find("inputs") != nullptr ? "inputs" : "input";
}

// Refuses the key that the layer does not take. What stands at the other is not known then.
bool RefuseOther(Node& layer, const std::string& path, KeyChecker& checker) {
  const char* key = KeyOf(layer);
  if (key == nullptr) return false;
  const bool several = std::string_view(key) == "inputs";
  const char* other = several ? "input" : "inputs";
  auto& [kind, body] = layer.mapping().front();
  Node* there = body.Find(other);
  if (there == nullptr) return false;
  std::string message;
  if (body.Find(key) != nullptr) {
    message = fmt::format("'{}' stands beside '{}'; {} takes '{}' alone", other, key, kind, key);
  } else if (several) {
    message = fmt::format("{} reads two layers or more; inputs: [NAME, NAME] is wanted", kind);
  } else {
    message = fmt::format("{} reads one layer; input: NAME is wanted", kind);
  }
  checker.Refuse(*there, Join(Join(path, kind), other), std::move(message), Fault::At::kKey);
  std::erase_if(body.mapping(), [other](const Node::Entry& entry) { return entry.key == other; });
  // Stands in for what is not there, so that it is not missed.
  if (several && body.Find(key) == nullptr) {
    body.Set(key, Node::Sequence{Node(kNetworkInputName), Node(kNetworkInputName)});
  }
  return true;
}

}  // namespace

void CheckWithInputs(Node& layer, const std::string& path, KeyChecker& checker) {
  const bool refused = RefuseOther(layer, path, checker);
  if (checker.CheckKind(layer, LayerRules(), path) == nullptr) return;
  const char* key = KeyOf(layer);
  if (key == nullptr) return;
  auto& [kind, body] = layer.mapping().front();
  if (refused) {
    body.Set(key, Node());
    return;
  }
  Node* inputs = body.Find(key);
  if (inputs == nullptr || !inputs->is_sequence()) return;
  const std::size_t count = inputs->sequence().size();
  if (count >= 2 && count <= kMostInputs) return;
  checker.Refuse(*inputs, Join(Join(path, kind), key),
                 count < 2 ? fmt::format("one input alone; {} reads two layers or more", kind)
                           : fmt::format("{} inputs; {} reads {} at most", count, kind, kMostInputs));
}

void LeaveOutDefaultInputs(Node& model) {
  Node before(kNetworkInputName);
  for (Node& layer : model.sequence()) {
    if (!layer.is_mapping() || !layer.mapping().front().value.is_mapping()) {
      before = Node();
      continue;
    }
    Node& body = layer.mapping().front().value;
    if (before.is_text()) {
      std::erase_if(body.mapping(),
                    [&before](const Node::Entry& entry) { return entry.key == "input" && entry.value == before; });
    }
    const Node* name = body.Find("name");
    before = name == nullptr ? Node() : *name;
  }
}

}  // namespace hpsearch::model
