// Whether the values of a study's parameters suit the keys that name them, one by one and together. Pure.
#pragma once

#include <optional>
#include <vector>

#include "server/model/document.h"
#include "server/model/fault.h"
#include "server/model/key_rule.h"
#include "server/model/metric.h"
#include "server/search/search_space.h"
#include "server/study/dataset_shapes.h"

namespace hpsearch::study {

// Type, domain and choices: each value of round 1 at each key. At most one fault for a parameter and a rule, at
// "parameters.<name>".
void CheckValues(const search::SearchSpace& space, const std::vector<model::Usage>& usages, model::Faults& faults);

// model::CheckTogether on the first point, and on those that differ from it in one parameter. `document` holds
// canonical sections. Faults are at the key that has them and say which value brings them about. `lookup` says
// what is known of each data set; it may be empty. What the trials learn, all of them the same; nullopt: it is not
// known.
std::optional<model::Task> CheckPoints(const model::Node& document, const search::SearchSpace& space,
                                       const std::vector<model::Usage>& usages, const ShapeLookup& lookup,
                                       model::Faults& faults);

}  // namespace hpsearch::study
