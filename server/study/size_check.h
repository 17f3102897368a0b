// How much a study has to run, beside what its limits permit. Pure; from any thread; no errors but faults.
#pragma once

#include "server/model/fault.h"
#include "server/study/spec.h"

namespace hpsearch::study {

// Requires: no faults in space and search. Faults have paths at or below "parameters", "search" and
// "training.replicates".
void CheckSize(const search::SearchSpace& space, const search::Search& search, const Limits& limits,
               model::Faults& faults);

}  // namespace hpsearch::study
