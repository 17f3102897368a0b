// What a trial's end and a round must be, computed from the curves by another way than the coordinator's. Pure.
// Errors: Broken.
#pragma once

#include "server/study/records.h"

namespace hpsearch::simulation {

struct StudyEntry;
struct TrialEntry;

// `row` is final; `trial` has the curve as far as it is stored.
void CheckResult(const StudyEntry& study, const TrialEntry& trial, const study::TrialRecord& row);
// A round follows the ones that the study has: the trials of those have ended, and its centres are the best.
void CheckRound(const StudyEntry& study, const study::RoundRecord& round);

}  // namespace hpsearch::simulation
