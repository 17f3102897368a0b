#include "server/study/dataset_keys.h"

#include <functional>
#include <set>
#include <string_view>
#include <utility>

#include "server/model/condition.h"
#include "server/model/references.h"
#include "server/model/sections.h"

namespace hpsearch::study {
namespace {

using model::Node;
using model::Scalar;

using Visit = std::function<void(const Node& node)>;

void EachValue(std::string_view parameter, const search::SearchSpace& space,
               const std::function<void(const Scalar& value)>& visit) {
  for (const std::size_t i : space.IndexesOf(parameter)) {
    const search::Parameter& axis = space.parameters()[i];
    for (const search::Place& place : axis.probes()) visit(axis.At(place));
  }
}

// What may come to stand in the node's place: of a switch the branches that a value names.
void EachBranch(const Node& node, const search::SearchSpace& space, const Visit& visit) {
  if (!model::IsSwitch(node)) return visit(node);
  const auto parameter = model::ReferenceIn(*node.Find(model::kSwitch));
  if (!parameter) return;
  std::set<std::string> named;
  EachValue(*parameter, space, [&](const Scalar& value) { named.insert(model::BranchName(value)); });
  for (const Node::Entry& branch : node.mapping()) {
    if (branch.key == model::kSwitch || !named.contains(model::BranchName(std::string_view(branch.key)))) continue;
    EachBranch(branch.value, space, visit);
  }
}

}  // namespace

std::vector<std::string> DatasetKeys(const Node& dataset, const search::SearchSpace& space) {
  std::set<std::string> keys;
  const auto add = [&keys](const char* key, Node text) {
    if (!text.is_text()) return;
    Node section = Node::Mapping{{key, std::move(text)}};
    model::Faults faults;
    model::CheckResolved(section, faults);  // a path as it is known by
    if (faults.empty()) keys.insert(section.Find(key)->text());
  };
  EachBranch(dataset, space, [&](const Node& section) {
    for (const char* key : {"name", "path"}) {
      const Node* given = section.Find(key);
      if (given == nullptr) continue;
      EachBranch(*given, space, [&](const Node& node) {
        if (const auto parameter = model::ReferenceIn(node)) {
          EachValue(*parameter, space, [&](const Scalar& value) { add(key, Node(value)); });
        } else {
          add(key, model::Substitute(node, [](std::string_view) { return std::nullopt; }));
        }
      });
    }
  });
  return {keys.begin(), keys.end()};
}

}  // namespace hpsearch::study
