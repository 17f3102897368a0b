// A study's objective against what its trainings yield. A part of ReadSpec. Pure.
#pragma once

#include <optional>

#include "server/model/document.h"
#include "server/model/fault.h"
#include "server/model/metric.h"
#include "server/study/spec.h"

namespace hpsearch::study {

// Where the document names no metric, that of a regression is validation_loss: set in `spec` and in the canonical
// mapping `objective`. Faults: a metric that the training does not yield; and one that is better the larger, with
// no direction beside it: minimize, the default, would look for the worst trial. `document` is the study's, as
// given, `checked` has its sections checked; of what is null in them nothing is said. `task`: what the trials
// learn, where it is known; spec.metrics are set.
void SetObjective(const model::Node& document, const model::Node& checked, std::optional<model::Task> task,
                  StudySpec& spec, model::Node& objective, model::Faults& faults);

}  // namespace hpsearch::study
