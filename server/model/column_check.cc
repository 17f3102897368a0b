#include "server/model/column_check.h"

#include <fmt/format.h>

#include <set>
#include <string>
#include <utility>

#include "server/model/key_rule.h"
#include "server/model/references.h"

namespace hpsearch::model {
namespace {

constexpr const char* kWanted = "a column's name, or its index from 0 (-1: the last), is wanted";
constexpr std::size_t kMostColumns = 65'536;

bool CheckColumn(Node& node, const std::string& path, KeyChecker& checker) {
  const bool dollar = checker.references() && node.is_text() && node.text().starts_with('$');
  if (dollar && !node.text().starts_with("$$")) {
    checker.Refuse(node, path,
                   ReferenceIn(node).has_value()
                       ? fmt::format("a data set that depends on a parameter ({}) is not supported yet by this "
                                     "version; a value is wanted",
                                     node.text())
                       : fmt::format("{}, and no reference; '$$' begins a text with '$'", Describe(node)));
    return false;
  }
  if (node.is_text()) {
    const auto fit = Fit(node.scalar(), {.key = "column", .type = KeyType::kText});
    if (fit.ok()) return true;
    checker.Refuse(node, path, fmt::format("{}; {}", std::string(fit.status().message()), kWanted));
    return false;
  }
  if (node.is_scalar() && NumberIn(node.scalar()).has_value()) {
    const auto bound = static_cast<double>(kMostColumns);
    auto fit = Fit(node.scalar(), {.key = "column", .type = KeyType::kInteger, .domain = {-bound, bound}});
    if (fit.ok()) {
      node = Node(*std::move(fit));
      return true;
    }
  }
  checker.Refuse(node, path, fmt::format("{}; {}", Describe(node), kWanted));
  return false;
}

void CheckColumns(Node& node, const std::string& path, KeyChecker& checker) {
  if (node.is_scalar()) node = Node(Node::Sequence{std::move(node)});
  if (!node.is_sequence() || node.sequence().empty() || node.sequence().size() > kMostColumns) {
    const std::string what = !node.is_sequence()       ? Describe(node)
                             : node.sequence().empty() ? "an empty sequence"
                                                       : fmt::format("more than {} columns", kMostColumns);
    checker.Refuse(node, path, fmt::format("{}; a sequence of columns, each by name or index, is wanted", what));
    return;
  }
  std::set<Scalar> seen;
  bool broken = false;
  for (std::size_t i = 0; i < node.sequence().size(); ++i) {
    Node& item = node.sequence()[i];
    if (!CheckColumn(item, Join(path, i), checker)) {
      broken = true;
    } else if (!seen.insert(item.scalar()).second) {
      checker.Refuse(item, Join(path, i), "this column stands there twice");
      broken = true;
    }
  }
  if (broken) node = Node();
}

}  // namespace

void CheckColumnKeys(Node& dataset, KeyChecker& checker) {
  if (Node* target = dataset.Find("target"); target != nullptr && !target->is_null()) {
    CheckColumn(*target, "dataset.target", checker);
  }
  for (const char* key : {"drop", "categorical"}) {
    if (Node* columns = dataset.Find(key); columns != nullptr && !columns->is_null()) {
      CheckColumns(*columns, Join("dataset", key), checker);
    }
  }
}

Column ColumnOf(const Node& node) {
  if (node.is_text()) return node.text();
  return std::get<std::int64_t>(node.scalar());
}

}  // namespace hpsearch::model
