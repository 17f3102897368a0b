#include "server/model/dataset_rules.h"

namespace hpsearch::model {

const KeyTable& DatasetRules() {
  static const KeyTable rules = {
      .name = "dataset",
      .keys = {{.key = "name", .type = KeyType::kText},
               {.key = "path", .type = KeyType::kText},
               {.key = "classes", .type = KeyType::kIntegers, .domain = {.low = 0, .high = 255}}},
      .later = {{"target", {}},
                {"header", {}},
                {"drop", {}},
                {"categorical", {}},
                {"normalize", {"unit"}},
                {"test_fraction", {}}},
      .shorthand = "name",
  };
  return rules;
}

}  // namespace hpsearch::model
