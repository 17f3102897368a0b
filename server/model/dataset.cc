#include "server/model/dataset.h"

#include <fmt/format.h>

#include <utility>

#include "server/model/canonical_value.h"
#include "server/model/column_check.h"
#include "server/model/dataset_rules.h"
#include "server/model/sections.h"

namespace hpsearch::model {

DatasetSpec ReadDataset(const Node& dataset, Faults& faults) {
  const std::size_t before = faults.size();
  Node canonical = dataset;
  CheckResolved(canonical, faults);
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
  if (canonical.Find("header") != nullptr) spec.header = Value<bool>(canonical, "header");
  if (const Node* target = canonical.Find("target")) spec.target = ColumnOf(*target);
  for (auto [key, columns] : {std::pair("drop", &spec.drop), std::pair("categorical", &spec.categorical)}) {
    if (const Node* items = canonical.Find(key)) {
      for (const Node& item : items->sequence()) columns->push_back(ColumnOf(item));
    }
  }
  return spec;
}

void CheckTable(const DatasetSpec& spec, const DatasetShape& shape, Faults& faults) {
  const std::int64_t columns = Elements(shape.sample);
  const auto check = [&](const Column& column, const std::string& path) {
    const auto* index = std::get_if<std::int64_t>(&column);
    if (index == nullptr || (*index >= -columns && *index < columns)) return;
    faults.push_back({path, fmt::format("there is no column {}; the data set has 0 to {}", *index, columns - 1)});
  };
  if (spec.target) check(*spec.target, "dataset.target");
  for (std::size_t i = 0; i < spec.drop.size(); ++i) check(spec.drop[i], Join("dataset.drop", i));
  for (std::size_t i = 0; i < spec.categorical.size(); ++i) {
    check(spec.categorical[i], Join("dataset.categorical", i));
  }
}

}  // namespace hpsearch::model
