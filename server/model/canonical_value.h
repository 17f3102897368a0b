// Values out of canonical sections (see key_check.h), where keys are there and of their types; and enumerators by
// the names that the study file has for them. Pure; no errors.
#pragma once

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "server/model/document.h"

namespace hpsearch::model {

// What stands at a key of a canonical mapping. Requires: the key is there, and a T stands at it.
template <class T>
const T& Value(const Node& mapping, std::string_view key) {
  return std::get<T>(mapping.Find(key)->scalar());
}

// The same of a key that may be left out.
template <class T>
T ValueOr(const Node& mapping, std::string_view key, T unset) {
  return mapping.Find(key) == nullptr ? unset : Value<T>(mapping, key);
}

// The enumerator of that name; `names` are in the enumeration's order. nullopt: it is none of them.
template <class Enum>
std::optional<Enum> EnumNamed(std::string_view name, const std::vector<std::string>& names) {
  const auto at = std::find(names.begin(), names.end(), name);
  if (at == names.end()) return std::nullopt;
  return static_cast<Enum>(at - names.begin());
}

}  // namespace hpsearch::model
