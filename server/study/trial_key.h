// The key of a trial as the coordinator knows it: the same key is the same curve, whatever the study. Pure; from
// any thread; no errors.
#pragma once

#include <string>

#include "server/study/records.h"
#include "server/study/spec.h"

namespace hpsearch::study {

// xxh3-128 in hex of model::TrialContent: the plan, and the content and numerics that the study began with. Empty
// where it has not begun. (A worker's key of the same trial is another one, and never compared with it.)
std::string KeyOf(const TrialPlan& plan, const StudyRecord& study);

}  // namespace hpsearch::study
