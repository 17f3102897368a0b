#include "server/model/dataset_rules.h"

namespace hpsearch::model {
namespace {

constexpr Domain kColumnIndex = {.low = -65'536, .high = 65'536};

}  // namespace

const KeyTable& DatasetRules() {
  static const KeyTable rules = {
      .name = "dataset",
      .keys = {{.key = "name", .type = KeyType::kText},
               {.key = "path", .type = KeyType::kText},
               {.key = "classes", .type = KeyType::kIntegers, .domain = {.low = 0, .high = 255}},
               {.key = "target", .type = KeyType::kColumn, .domain = kColumnIndex},
               {.key = "header", .type = KeyType::kBoolean},
               {.key = "drop", .type = KeyType::kColumns, .domain = kColumnIndex},
               {.key = "categorical", .type = KeyType::kColumns, .domain = kColumnIndex},
               {.key = "normalize", .type = KeyType::kText, .choices = NormalizeNames()},
               {.key = "test_fraction", .domain = {.low = 0, .high = 1, .high_open = true}}},
      .shorthand = "name",
  };
  return rules;
}

const std::vector<std::string>& NormalizeNames() {
  static const std::vector<std::string> names = {"none", "unit", "standardize"};
  return names;
}

}  // namespace hpsearch::model
