#include "server/model/column_check.h"

#include <set>
#include <string>

#include "server/model/references.h"

namespace hpsearch::model {

void CheckColumnKeys(Node& dataset, const std::string& path, KeyChecker& checker) {
  for (const char* key : {"drop", "categorical"}) {
    Node* columns = dataset.Find(key);
    if (columns == nullptr || !columns->is_sequence()) continue;
    std::set<Scalar> seen;
    bool twice = false;
    for (std::size_t i = 0; i < columns->sequence().size(); ++i) {
      Node& column = columns->sequence()[i];
      if (!column.is_scalar() || (checker.references() && ReferenceIn(column))) continue;  // a point says which
      if (seen.insert(column.scalar()).second) continue;
      checker.Refuse(column, Join(Join(path, key), i), "this column stands there twice");
      twice = true;
    }
    if (twice) *columns = Node();
  }
}

Column ColumnOf(const Node& node) {
  if (node.is_text()) return node.text();
  return std::get<std::int64_t>(node.scalar());
}

}  // namespace hpsearch::model
