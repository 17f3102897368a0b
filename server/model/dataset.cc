#include "server/model/dataset.h"

#include "server/model/canonical_value.h"
#include "server/model/dataset_rules.h"
#include "server/model/key_check.h"
#include "server/model/section_check.h"

namespace hpsearch::model {

DatasetSpec ReadDataset(const Node& dataset, Faults& faults) {
  const std::size_t before = faults.size();
  Node canonical = dataset;
  KeyChecker checker(faults, nullptr);
  CheckDataset(canonical, checker);
  if (faults.size() > before) return {};

  DatasetSpec spec;
  if (const Node* name = canonical.Find("name")) spec.name = name->text();
  if (const Node* path = canonical.Find("path")) spec.path = path->text();
  if (const Node* classes = canonical.Find("classes")) {
    for (const Node& item : classes->sequence()) spec.classes.push_back(std::get<std::int64_t>(item.scalar()));
  }
  if (const Node* normalize = canonical.Find("normalize")) {
    spec.normalize = EnumNamed<Normalize>(normalize->text(), NormalizeNames());
  }
  if (canonical.Find("test_fraction") != nullptr) spec.test_fraction = Value<double>(canonical, "test_fraction");
  return spec;
}

}  // namespace hpsearch::model
