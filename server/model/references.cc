#include "server/model/references.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "server/model/condition.h"
#include "server/model/fault.h"
#include "server/model/layer_rules.h"

namespace hpsearch::model {
namespace {

bool IsParameterName(std::string_view name) {
  const auto lower = [](char c) { return c >= 'a' && c <= 'z'; };
  const auto digit = [](char c) { return c >= '0' && c <= '9'; };
  return !name.empty() && lower(name.front()) &&
         std::all_of(name.begin(), name.end(), [&](char c) { return lower(c) || digit(c) || c == '_'; });
}

constexpr int kMostSteps = 20'000;  // through what is repeated; most of it may be empty

// One walk; it knows the repetitions that it is in.
class Resolver {
 public:
  Resolver(const Lookup& lookup, const PerRepetition& per) : lookup_(lookup), per_(per) {}

  // nullopt: an absent reference stood there.
  std::optional<Node> Resolve(const Node& node) {
    if (node.is_text()) return ResolveText(node);
    if (node.is_sequence()) {
      Node::Sequence items;
      items.reserve(node.sequence().size());
      ResolveItems(node.sequence(), "", items, nullptr);
      return Node(std::move(items));
    }
    if (!node.is_mapping()) return node;
    if (const Node* branch = BranchOf(node)) return Resolve(*branch);
    if (IsSwitch(node)) return std::nullopt;
    Node::Mapping entries;
    entries.reserve(node.mapping().size());
    for (const Node::Entry& entry : node.mapping()) {
      if (auto value = Resolve(entry.value)) entries.push_back({entry.key, *std::move(value)});
    }
    return Node(std::move(entries));
  }

  // `path` is that of the sequence; `sources`, where somebody asks for them, get the place of each item.
  void ResolveItems(const Node::Sequence& from, const std::string& path, Node::Sequence& items,
                    std::vector<std::string>* sources) {
    for (std::size_t i = 0; i < from.size(); ++i) {
      if (Cut(items)) return;
      const Node& item = from[i];
      const std::string at = sources == nullptr ? std::string() : Join(path, i);
      if (IsRepeat(item)) {
        ResolveRepeat(item.mapping().front().value, at, items, sources);
        continue;
      }
      const Node* branch = BranchOf(item);
      if (branch != nullptr && branch->is_sequence()) {
        ResolveItems(branch->sequence(), sources == nullptr ? at : Join(at, branch_), items, sources);
        continue;
      }
      const std::string place = branch == nullptr || sources == nullptr ? at : Join(at, branch_);
      if (auto value = Resolve(item)) {
        items.push_back(*std::move(value));
        if (sources != nullptr) sources->push_back(place);
      }
    }
  }

  std::string PlaceOf(const Node& section, std::string_view path) {
    const Node* at = &section;
    std::string place;
    const auto enter = [&](const Node* branch) {
      place += '.' + branch_;
      at = branch;
    };
    while (true) {
      while (const Node* branch = BranchOf(*at)) enter(branch);
      const std::size_t end = std::min(path.find_first_of(".[", 1), path.size());
      const Node* below = path.empty()         ? nullptr
                          : at->is_mapping()   ? at->Find(path.substr(1, end - 1))
                          : !at->is_sequence() ? nullptr
                                               : ItemAt(at->sequence(), path, place);
      if (below == nullptr) return place.append(path);
      if (at->is_mapping()) place.append(path.substr(0, end));
      path.remove_prefix(end);
      at = below;
    }
  }

 private:
  // The item that resolves to the one that `path` begins with, "[1]", and its place.
  const Node* ItemAt(const Node::Sequence& items, std::string_view path, std::string& place) {
    std::size_t index = 0;
    for (const char digit : path.substr(1, path.find(']') - 1))
      index = 10 * index + static_cast<std::size_t>(digit - '0');
    for (std::size_t i = 0; i < items.size(); ++i) {
      if (!Resolve(items[i])) continue;
      if (index-- > 0) continue;
      place = Join(place, i);
      return &items[i];
    }
    return nullptr;
  }

  // Repetitions may come to any number of layers, within each other: more than a network may have are not made.
  bool Cut(Node::Sequence& items) {
    if (repetitions_.empty()) return false;
    if (++steps_ > kMostSteps && items.size() <= kMostLayers) items.resize(kMostLayers + 1);
    return items.size() > kMostLayers;
  }

  std::optional<Scalar> ValueOf(std::string_view parameter) const {
    const std::optional<std::string_view> counted = per_ ? per_(parameter) : std::nullopt;
    if (!counted) return lookup_(parameter);
    for (const auto& [by, number] : repetitions_) {
      if (by == *counted) return lookup_(NameOfRepetition(parameter, number));
    }
    return std::nullopt;
  }

  std::optional<Node> ResolveText(const Node& node) const {
    const std::string& text = node.text();
    if (const auto parameter = ReferenceIn(node)) {
      std::optional<Scalar> value = ValueOf(*parameter);
      if (!value.has_value()) return std::nullopt;
      return Node(*std::move(value));
    }
    return text.starts_with("$$") ? Node(text.substr(1)) : node;
  }

  // The branch that the switch's parameter names; nullptr: it is no switch, or the parameter is absent. Its key is
  // in branch_ then.
  const Node* BranchOf(const Node& node) {
    if (!IsSwitch(node)) return nullptr;
    const auto parameter = ReferenceIn(*node.Find(kSwitch));
    const std::optional<Scalar> value = parameter ? ValueOf(*parameter) : std::nullopt;
    if (!value) return nullptr;
    const std::string name = BranchName(*value);
    for (const Node::Entry& entry : node.mapping()) {
      if (entry.key == kSwitch || BranchName(std::string_view(entry.key)) != name) continue;
      branch_ = entry.key;
      return &entry.value;
    }
    return nullptr;
  }

  void ResolveRepeat(const Node& repeat, const std::string& at, Node::Sequence& items,
                     std::vector<std::string>* sources) {
    const Node* given = repeat.Find("times");
    const Node* layers = repeat.Find("layers");
    if (given == nullptr || layers == nullptr || !layers->is_sequence()) return;
    const std::optional<Node> times = Resolve(*given);
    if (!times || !times->is_scalar()) return;
    const std::optional<double> count = NumberIn(times->scalar());
    if (!count) return;
    const std::string path = sources == nullptr ? std::string() : Join(Join(at, kRepeat), "layers");
    const std::string by(ReferenceIn(*given).value_or(std::string_view()));
    for (std::int64_t number = 1; static_cast<double>(number) <= *count && !Cut(items); ++number) {
      repetitions_.emplace_back(by, number);
      const std::size_t first = items.size();
      ResolveItems(layers->sequence(), path, items, sources);
      NumberNames(items, first, number);
      repetitions_.pop_back();
    }
  }

  // The names that the layers from `first` have, where they stand and where those layers read them.
  static void NumberNames(Node::Sequence& items, std::size_t first, std::int64_t number) {
    std::vector<std::string> names;
    const auto body = [](Node& layer) {
      return layer.is_mapping() && layer.mapping().size() == 1 ? &layer.mapping().front().value : nullptr;
    };
    for (std::size_t i = first; i < items.size(); ++i) {
      Node* keys = body(items[i]);
      Node* name = keys == nullptr ? nullptr : keys->Find("name");
      if (name != nullptr && name->is_text()) names.push_back(name->text());
    }
    const auto rename = [&](Node& node) {
      if (node.is_text() && std::ranges::find(names, node.text()) != names.end()) {
        node = Node(NameOfRepetition(node.text(), number));
      }
    };
    for (std::size_t i = first; i < items.size(); ++i) {
      Node* keys = body(items[i]);
      if (keys == nullptr) continue;
      for (const char* key : {"name", "input", "inputs"}) {
        Node* node = keys->Find(key);
        if (node == nullptr) continue;
        if (node->is_sequence()) {
          for (Node& item : node->sequence()) rename(item);
        } else {
          rename(*node);
        }
      }
    }
  }

  const Lookup& lookup_;
  const PerRepetition& per_;
  std::vector<std::pair<std::string, std::int64_t>> repetitions_;  // the outermost first
  std::string branch_;
  int steps_ = 0;
};

}  // namespace

std::optional<std::string_view> ReferenceIn(const Node& node) {
  if (!node.is_text()) return std::nullopt;
  const std::string_view text = node.text();
  if (!text.starts_with('$') || !IsParameterName(text.substr(1))) return std::nullopt;
  return text.substr(1);
}

bool IsSwitch(const Node& node) { return node.Find(kSwitch) != nullptr; }

bool IsRepeat(const Node& node) {
  return node.is_mapping() && node.mapping().size() == 1 && node.mapping().front().key == kRepeat;
}

bool HasBranches(const Node& section) {
  if (section.is_sequence()) return std::ranges::any_of(section.sequence(), HasBranches);
  if (!section.is_mapping()) return false;
  return IsSwitch(section) || IsRepeat(section) ||
         std::ranges::any_of(section.mapping(), [](const Node::Entry& entry) { return HasBranches(entry.value); });
}

std::string NameOfRepetition(std::string_view parameter, std::int64_t repetition) {
  return fmt::format("{}_{}", parameter, repetition);
}

bool HasReferences(const Node& section) {
  if (section.is_sequence()) return std::ranges::any_of(section.sequence(), HasReferences);
  if (!section.is_mapping()) return ReferenceIn(section).has_value();
  return std::ranges::any_of(section.mapping(),
                             [](const Node::Entry& entry) { return HasReferences(entry.value); });
}

std::string PlaceOf(const Node& section, std::string_view path, const Lookup& lookup) {
  return Resolver(lookup, {}).PlaceOf(section, path);
}

Resolved Resolve(const Node& section, const Lookup& lookup, const PerRepetition& per) {
  Resolver resolver(lookup, per);
  if (!section.is_sequence()) return {.section = resolver.Resolve(section).value_or(Node()), .sources = {}};
  Resolved resolved;
  Node::Sequence items;
  resolver.ResolveItems(section.sequence(), "", items, &resolved.sources);
  resolved.section = Node(std::move(items));
  return resolved;
}

Node Substitute(const Node& section, const Lookup& lookup, const PerRepetition& per) {
  return Resolver(lookup, per).Resolve(section).value_or(Node());
}

}  // namespace hpsearch::model
