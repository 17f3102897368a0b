#include "server/model/references.h"

#include <algorithm>
#include <utility>

namespace hpsearch::model {
namespace {

bool IsParameterName(std::string_view name) {
  const auto lower = [](char c) { return c >= 'a' && c <= 'z'; };
  const auto digit = [](char c) { return c >= '0' && c <= '9'; };
  return !name.empty() && lower(name.front()) &&
         std::all_of(name.begin(), name.end(), [&](char c) { return lower(c) || digit(c) || c == '_'; });
}

// nullopt: an absent reference stood there.
std::optional<Node> Substituted(const Node& node, const Lookup& lookup) {
  if (node.is_text()) {
    const std::string& text = node.text();
    if (const auto parameter = ReferenceIn(node)) {
      std::optional<Scalar> value = lookup(*parameter);
      if (!value.has_value()) return std::nullopt;
      return Node(*std::move(value));
    }
    return text.starts_with("$$") ? Node(text.substr(1)) : node;
  }
  if (node.is_sequence()) {
    Node::Sequence items;
    items.reserve(node.sequence().size());
    for (const Node& item : node.sequence()) {
      if (auto value = Substituted(item, lookup)) items.push_back(*std::move(value));
    }
    return Node(std::move(items));
  }
  if (node.is_mapping()) {
    Node::Mapping entries;
    entries.reserve(node.mapping().size());
    for (const Node::Entry& entry : node.mapping()) {
      if (auto value = Substituted(entry.value, lookup)) entries.push_back({entry.key, *std::move(value)});
    }
    return Node(std::move(entries));
  }
  return node;
}

}  // namespace

std::optional<std::string_view> ReferenceIn(const Node& node) {
  if (!node.is_text()) return std::nullopt;
  const std::string_view text = node.text();
  if (!text.starts_with('$') || !IsParameterName(text.substr(1))) return std::nullopt;
  return text.substr(1);
}

Node Substitute(const Node& section, const Lookup& lookup) {
  return Substituted(section, lookup).value_or(Node());
}

}  // namespace hpsearch::model
