// The names of the `training` section's keys, optimizers, schedules and losses, and their defaults. Made at the
// first call, kept for the process's life, never changed; from any thread; no errors.
#pragma once

#include <string>
#include <vector>

#include "server/model/key_table.h"

namespace hpsearch::model {

// `optimizer` and `schedule` stand in it as kAny: OptimizerRules and ScheduleRules say what they take.
const KeyTable& TrainingRules();
const KindTable& OptimizerRules();
const KindTable& ScheduleRules();

// In the order of Loss.
const std::vector<std::string>& LossNames();
// In the order of ValidationFrom.
const std::vector<std::string>& ValidationFromNames();

}  // namespace hpsearch::model
