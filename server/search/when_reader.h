// Reads `when` of a parameter: {p: value}, {p: [a, b], q: {min: 2}}. Pure; faults are added.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "server/model/condition.h"
#include "server/model/document.h"
#include "server/model/fault.h"
#include "server/search/parameter.h"

namespace hpsearch::search {

// What decides whether others are there has so many values at most: all of them are looked at.
inline constexpr std::size_t kMostDecidingValues = 1000;

struct When {
  model::Conditions conditions;
  model::Node document;  // canonical: values in a list, as the parameter has them
};

// The parameter of that name that stands earlier; nullptr: none does.
using Earlier = std::function<const Parameter*(std::string_view name)>;

When ReadWhen(const model::Node& when, const std::string& path, const Earlier& earlier, model::Faults& faults);

}  // namespace hpsearch::search
