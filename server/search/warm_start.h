// `search.warm_start`: the earlier studies whose results a strategy that learns begins with, by name. Pure; from
// any thread. Errors: faults with paths at or below "search.warm_start".
#pragma once

#include <string>
#include <vector>

#include "server/model/document.h"
#include "server/model/fault.h"

namespace hpsearch::search {

inline constexpr std::size_t kMostEarlierStudies = 10;

// What stands under the key: {study: NAME}, or {studies: [NAME, ...]}.
std::vector<std::string> ReadWarmStart(const model::Node& warm_start, model::Faults& faults);
// In canonical form. Requires: at least one.
model::Node WarmStartDocument(const std::vector<std::string>& studies);

}  // namespace hpsearch::search
