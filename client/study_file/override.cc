#include "client/study_file/override.h"

#include <fmt/format.h>

#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "absl/strings/numbers.h"
#include "client/study_file/text_check.h"
#include "client/study_file/yaml_document.h"

namespace hpsearch::study_file {
namespace {

using model::Node;
using Step = std::variant<std::string, std::size_t>;  // a mapping's key, or a sequence's index

// "model[1].dense.units" -> {"model", 1, "dense", "units"}; nullopt: not a key path.
std::optional<std::vector<Step>> StepsOf(std::string_view path) {
  std::vector<Step> steps;
  while (true) {
    const std::string_view key = path.substr(0, path.find_first_of(".["));
    if (key.empty()) return std::nullopt;
    steps.emplace_back(std::string(key));
    path.remove_prefix(key.size());
    while (path.starts_with("[")) {
      const std::size_t end = path.find(']');
      std::size_t index = 0;
      if (end == std::string_view::npos || !absl::SimpleAtoi(std::string(path.substr(1, end - 1)), &index)) {
        return std::nullopt;
      }
      steps.emplace_back(index);
      path.remove_prefix(end + 1);
    }
    if (path.empty()) return steps;
    if (path[0] != '.') return std::nullopt;
    path.remove_prefix(1);
  }
}

// The value that a step leads to, made null where a key is missing; nullptr: there is no such way.
Node* Follow(Node& node, const Step& step) {
  if (const auto* index = std::get_if<std::size_t>(&step)) {
    return node.is_sequence() && *index < node.sequence().size() ? &node.sequence()[*index] : nullptr;
  }
  const std::string& key = std::get<std::string>(step);
  if (!node.is_mapping() && !node.is_null()) return nullptr;
  Node* found = node.Find(key);
  return found != nullptr ? found : &node.Set(key, Node());
}

}  // namespace

std::optional<LocatedFault> ApplyOverride(const std::string& override, Node& document, SourceMap& places) {
  const std::size_t equals = override.find('=');
  const std::string path = override.substr(0, equals);
  const std::optional<std::vector<Step>> steps = StepsOf(path);
  if (equals == std::string::npos || !steps) {
    return LocatedFault{{}, "", fmt::format("'{}' is no key.path=value", override)};
  }
  const std::string text = override.substr(equals + 1);
  std::vector<LocatedFault> faults = CheckText(text);
  YamlDocument value;
  if (faults.empty()) {
    value = ParseYaml(text);
    faults = std::move(value.faults);
    if (text.find_first_not_of(" \t\r\n") == std::string::npos) value.root = Node();
  }
  if (!faults.empty()) return LocatedFault{{}, path, fmt::format("the value: {}", faults.front().message)};

  // A document is walked by recursion: the command line nests no deeper than a file may.
  if (steps->size() + static_cast<std::size_t>(DepthOf(value.root)) > static_cast<std::size_t>(kMaxDepth)) {
    return LocatedFault{
        {}, "", fmt::format("--set {}: nested deeper than {} levels", path.substr(0, 80), kMaxDepth)};
  }
  Node* node = &document;
  std::string reached;
  std::optional<std::string> made;  // the first key on the way that the file does not have
  for (const Step& step : *steps) {
    const auto* key = std::get_if<std::string>(&step);
    if (!made && key != nullptr && std::as_const(*node).Find(*key) == nullptr) made = model::Join(reached, *key);
    Node* next = Follow(*node, step);
    if (next == nullptr) {
      return LocatedFault{{}, path, fmt::format("{} has no such part", reached.empty() ? "the study" : reached)};
    }
    node = next;
    const auto* index = std::get_if<std::size_t>(&step);
    reached = index != nullptr ? model::Join(reached, *index) : model::Join(reached, std::get<std::string>(step));
  }
  *node = std::move(value.root);
  places.Override(made.value_or(path));
  return std::nullopt;
}

}  // namespace hpsearch::study_file
