#include "server/model/key_check.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "server/model/names.h"
#include "server/model/references.h"

namespace hpsearch::model {
namespace {

constexpr std::size_t kMostBranches = 1000;
constexpr std::size_t kMostItems = 256;  // of a sequence: classes of bytes, inputs of a layer
constexpr std::size_t kMostColumns = 65'536;

const LaterKey* FindLater(const KeyTable& table, std::string_view key) {
  for (const LaterKey& later : table.later) {
    if (later.key == key) return &later;
  }
  return nullptr;
}

}  // namespace

void KeyChecker::Add(std::string path, std::string message, Fault::At at) {
  faults_.push_back({std::move(path), std::move(message), at});
}

void KeyChecker::Refuse(Node& node, std::string path, std::string message, Fault::At at) {
  CollectUsages(node, path);
  Add(std::move(path), std::move(message), at);
  node = Node();
}

void KeyChecker::CollectUsages(const Node& node, const std::string& path) {
  if (usages_ == nullptr) return;
  if (const auto parameter = ReferenceIn(node)) {
    Use(*parameter, path, {.key = "", .type = KeyType::kAny});
  } else if (node.is_sequence()) {
    for (std::size_t i = 0; i < node.sequence().size(); ++i) CollectUsages(node.sequence()[i], Join(path, i));
  } else if (node.is_mapping()) {
    for (const Node::Entry& entry : node.mapping()) CollectUsages(entry.value, Join(path, entry.key));
  }
}

void KeyChecker::Use(std::string_view parameter, const std::string& path, KeyRule rule) {
  usages_->push_back({.parameter = std::string(parameter),
                      .path = path,
                      .rule = std::move(rule),
                      .when = conditions_,
                      .repetitions = repetitions_});
}

bool KeyChecker::IsReference(const Node& node) const {
  return usages_ != nullptr && node.is_text() && node.text().starts_with('$') && !node.text().starts_with("$$");
}

void KeyChecker::CheckReference(Node& node, const KeyRule& rule, const std::string& path) {
  if (const auto parameter = ReferenceIn(node)) {
    Use(*parameter, path, rule);
    return;
  }
  Refuse(node, path,
         fmt::format("{}, and no reference: '$' and a parameter's name ([a-z][a-z0-9_]*) name its value, "
                     "'$$' begins a text with '$'",
                     Describe(node)));
}

void KeyChecker::CheckScalar(Node& node, const KeyRule& rule, const std::string& path) {
  if (IsReference(node)) {
    CheckReference(node, rule, path);
    return;
  }
  const bool may_be_unset = !rule.required && rule.default_value.is_null();
  const auto check = [&](Node& branch, const std::string& at) {
    if (!branch.is_null() || !may_be_unset) CheckScalar(branch, rule, at);
  };
  if (CheckBranches(node, path, check)) return;
  if (!node.is_scalar()) {
    Refuse(node, path, fmt::format("{}; {} is wanted", Describe(node), Wanted(rule)));
    return;
  }
  const bool escaped = usages_ != nullptr && node.is_text() && node.text().starts_with("$$");
  absl::StatusOr<Scalar> fit = Fit(escaped ? Scalar(node.text().substr(1)) : node.scalar(), rule);
  if (!fit.ok()) {
    Refuse(node, path, std::string(fit.status().message()));
  } else if (!escaped) {
    node = Node(*std::move(fit));
  }
}

bool KeyChecker::CheckBranches(Node& node, const std::string& path, const Check& check) {
  if (usages_ == nullptr || !IsSwitch(node)) return false;
  const auto reference = ReferenceIn(*node.Find(kSwitch));
  if (!reference || node.mapping().size() < 2) {
    Refuse(node, Join(path, kSwitch),
           reference ? "no branch stands beside it; {switch: $p, a: ..., b: ...} is wanted, a and b values of p"
                     : fmt::format("{}; the parameter that chooses is wanted, {{switch: $p, a: ..., b: ...}}",
                                   Describe(*node.Find(kSwitch))));
    return true;
  }
  if (node.mapping().size() > kMostBranches) {
    Refuse(node, Join(path, kSwitch), fmt::format("more than {} branches", kMostBranches));
    return true;
  }
  const std::string parameter(*reference);
  Use(parameter, Join(path, kSwitch), {.key = kSwitch, .type = KeyType::kAny});
  const std::size_t usage = usages_->size() - 1;
  Node::Mapping branches = {{kSwitch, *node.Find(kSwitch)}};
  std::vector<std::string> names;
  for (Node::Entry& entry : node.mapping()) {
    if (entry.key == kSwitch) continue;
    const std::string name = BranchName(std::string_view(entry.key));
    if (std::ranges::find(names, name) != names.end()) {
      Add(Join(path, entry.key), fmt::format("the branch '{}' stands there twice", name), Fault::At::kKey);
      continue;
    }
    names.push_back(name);
    conditions_.push_back({.parameter = parameter, .names = {name}, .domain = {}});
    check(entry.value, Join(path, entry.key));
    conditions_.pop_back();
    branches.push_back({name, std::move(entry.value)});
  }
  (*usages_)[usage].branches = std::move(names);
  std::sort(branches.begin() + 1, branches.end(), [](const auto& a, const auto& b) { return a.key < b.key; });
  node = Node(std::move(branches));
  return true;
}

void KeyChecker::CheckRepeated(Node& times, const std::string& path, const KeyRule& rule,
                               const std::function<void()>& check) {
  const auto reference = references() ? ReferenceIn(times) : std::nullopt;
  const std::string parameter(reference.value_or(std::string_view()));
  CheckValue(times, rule, path);
  if (!reference) {
    check();
    return;
  }
  conditions_.push_back({.parameter = parameter, .names = {}, .domain = {.low = 1}});
  repetitions_.push_back(parameter);
  check();
  repetitions_.pop_back();
  conditions_.pop_back();
}

void KeyChecker::CheckValue(Node& node, const KeyRule& rule, const std::string& path) {
  if (rule.type == KeyType::kAny) return;
  const bool columns = rule.type == KeyType::kColumns;
  const bool sequence = rule.type == KeyType::kIntegers || rule.type == KeyType::kTexts || columns;
  if (!sequence && !(rule.type == KeyType::kExtent && node.is_sequence())) {
    CheckScalar(node, rule, path);
    if (rule.type == KeyType::kExtent && !node.is_null()) node = Node::Sequence{node, node};
    return;
  }
  if (columns && node.is_scalar()) node = Node(Node::Sequence{std::move(node)});
  const std::size_t most = rule.type == KeyType::kExtent ? 2 : columns ? kMostColumns : kMostItems;
  if (!node.is_sequence() || node.sequence().empty() || node.sequence().size() > most) {
    const std::string what = !node.is_sequence()       ? Describe(node)
                             : node.sequence().empty() ? "an empty sequence"
                                                       : fmt::format("more than {} items", most);
    Refuse(node, path, fmt::format("{}; {} is wanted", what, Wanted(rule)));
    return;
  }
  KeyRule item = rule;
  item.type = rule.type == KeyType::kTexts ? KeyType::kText : columns ? KeyType::kColumn : KeyType::kInteger;
  bool broken = false;
  for (std::size_t i = 0; i < node.sequence().size(); ++i) {
    CheckScalar(node.sequence()[i], item, Join(path, i));
    broken = broken || node.sequence()[i].is_null();
  }
  if (broken) {
    node = Node();
  } else if (rule.type == KeyType::kExtent && node.sequence().size() == 1) {
    node.sequence().push_back(Node(node.sequence().front()));
  }
}

void KeyChecker::CheckForeignKey(const Node::Entry& entry, const KeyTable& table, const std::string& path) {
  const std::string at = Join(path, entry.key);
  const LaterKey* later = FindLater(table, entry.key);
  if (later != nullptr &&
      std::find(later->harmless.begin(), later->harmless.end(), entry.value) != later->harmless.end()) {
    return;
  }
  CollectUsages(entry.value, at);
  const std::string what = table.name.empty() ? "key" : fmt::format("key of {}", table.name);
  if (later == nullptr) {
    Add(at, UnknownName(what, entry.key, table.Names()), Fault::At::kKey);
  } else if (later->harmless.empty()) {
    Add(at, NotSupportedYet(what, entry.key, table.Names()), Fault::At::kKey);
  } else {
    const Node& only = later->harmless.front();
    Add(at, only.is_sequence()
                ? fmt::format("'{}' is not supported yet by this version; leave it out", entry.key)
                : fmt::format("{} is not supported yet by this version; there is: {}", Describe(entry.value),
                              only.is_text() ? only.text() : Describe(only)));
  }
}

void KeyChecker::CheckKeys(Node& node, const KeyTable& table, const std::string& path) {
  if (node.is_null()) node = Node(Node::Mapping());
  if (node.is_scalar() && !table.shorthand.empty()) {
    node = Node(Node::Mapping{{table.shorthand, std::move(node)}});
  }
  if (!node.is_mapping()) {
    Refuse(node, path, fmt::format("{}; a mapping of {} is wanted", Describe(node), table.name));
    return;
  }
  std::vector<std::string> meant;  // keys that are there, misspelt
  for (const Node::Entry& entry : node.mapping()) {
    if (table.Find(entry.key) != nullptr) continue;
    CheckForeignKey(entry, table, path);
    if (FindLater(table, entry.key) != nullptr) continue;
    if (auto closest = Closest(entry.key, table.Names())) meant.push_back(*std::move(closest));
  }

  Node::Mapping canonical;
  for (const KeyRule& rule : table.keys) {
    Node* given = node.Find(rule.key);
    // Keras's None: a key that may be left unset may also say so.
    const bool unset = given == nullptr || (given->is_null() && !rule.required && rule.default_value.is_null());
    const bool misspelt = unset && std::find(meant.begin(), meant.end(), rule.key) != meant.end();
    if (unset && rule.required && !misspelt) {
      Add(path, fmt::format("'{}' is missing; {} is wanted", rule.key, Wanted(rule)), Fault::At::kKey);
    }
    if (misspelt || (unset && rule.required)) {
      canonical.push_back({rule.key, Node()});
    } else if (!unset) {
      CheckValue(*given, rule, Join(path, rule.key));
      if (!rule.implied.is_null() && *given == rule.implied) continue;
      canonical.push_back({rule.key, std::move(*given)});
    } else if (!rule.default_value.is_null()) {
      canonical.push_back({rule.key, rule.default_value});
    }
  }
  node = Node(std::move(canonical));
}

const KeyTable* KeyChecker::CheckKind(Node& node, const KindTable& kinds, const std::string& path) {
  if (IsReference(node)) {
    Refuse(node, path,
           fmt::format("a parameter cannot stand for a whole {}, only for the value of a key in it", kinds.what));
    return nullptr;
  }
  if (node.is_text()) node = Node(Node::Mapping{{node.text(), Node()}});
  if (!node.is_mapping() || node.mapping().empty()) {
    const std::string what = node.is_mapping() ? "an empty mapping" : Describe(node);
    Refuse(node, path,
           fmt::format("{}; a {} is wanted, such as {{{}: {{...}}}}", what, kinds.what, kinds.kinds.front().name));
    return nullptr;
  }
  const std::string kind = node.mapping().front().key;
  const KeyTable* table = kinds.Find(kind);
  if (table == nullptr) {
    const bool later = std::find(kinds.later.begin(), kinds.later.end(), kind) != kinds.later.end();
    Refuse(node, Join(path, kind),
           later ? NotSupportedYet(kinds.what, kind, kinds.Names()) : UnknownName(kinds.what, kind, kinds.Names()),
           Fault::At::kKey);
    return nullptr;
  }
  if (node.mapping().size() > 1) {
    const std::string beside = node.mapping()[1].key;
    Refuse(node, Join(path, beside),
           table->Find(beside) != nullptr
               ? fmt::format("'{}' stands beside '{}' and belongs into it: {{{}: {{{}: ...}}}}", beside, kind,
                             kind, beside)
               : fmt::format("'{}' stands beside '{}'; one {} is wanted here", beside, kind, kinds.what),
           Fault::At::kKey);
    return nullptr;
  }
  CheckKeys(node.mapping().front().value, *table, Join(path, kind));
  return table;
}

}  // namespace hpsearch::model
