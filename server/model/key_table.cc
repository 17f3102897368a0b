#include "server/model/key_table.h"

namespace hpsearch::model {

const KeyRule* KeyTable::Find(std::string_view key) const {
  for (const KeyRule& rule : keys) {
    if (rule.key == key) return &rule;
  }
  return nullptr;
}

std::vector<std::string> KeyTable::Names() const {
  std::vector<std::string> names;
  for (const KeyRule& rule : keys) names.push_back(rule.key);
  return names;
}

const KeyTable* KindTable::Find(std::string_view kind) const {
  for (const KeyTable& table : kinds) {
    if (table.name == kind) return &table;
  }
  return nullptr;
}

std::vector<std::string> KindTable::Names() const {
  std::vector<std::string> names;
  for (const KeyTable& table : kinds) names.push_back(table.name);
  return names;
}

}  // namespace hpsearch::model
