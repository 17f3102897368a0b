// CheckPoints (point_check.h) of a study in which parameters hang on others, or branches, repetitions and the data
// set on them: each combination of the parameters that decide what there is, and in each of them the values of the
// others one by one, as far as the time that checking may take goes. Pure.
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

// `document` holds canonical sections, broken ones perhaps.
bool HasConditions(const model::Node& document, const search::SearchSpace& space);

// Where there are faults already, nothing is looked at: what is broken would bring others with it.
std::optional<model::Task> CheckConditionalPoints(const model::Node& document, const search::SearchSpace& space,
                                                  const std::vector<model::Usage>& usages, DatasetShapes& shapes,
                                                  model::Faults& faults);

}  // namespace hpsearch::study
