// Who goes on from a rung, computed from the rows and curves by another way than stopping/race.h: of those that
// have come to it the best third, as they come or, where it waits, once all are there. Pure. Errors: Broken.
#pragma once

#include <cstdint>

#include "tests/simulation/studies.h"

namespace hpsearch::simulation {

struct StudyEntry;

// The trial goes on behind `rung` epochs; `study` is as it stands behind that decision.
void CheckWentOn(const StudyEntry& study, RaceKind race, std::int64_t trial, std::int64_t rung);
// Of the trials that are paused none is to go on. Requires: the study is RUNNING, and not about to end.
void CheckPaused(const StudyEntry& study, RaceKind race);

}  // namespace hpsearch::simulation
