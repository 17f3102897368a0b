// The keys that several rules take, and their values read: when a rule looks, and how many trials it wants to
// compare with. Pure; no errors.
#pragma once

#include <cstdint>

#include "server/model/document.h"
#include "server/model/key_rule.h"
#include "server/stopping/rule.h"

namespace hpsearch::stopping {

model::KeyRule WarmupKey();    // warmup_epochs: 0
model::KeyRule IntervalKey();  // interval: 1
Checks ChecksOf(const model::Node& settings);

model::KeyRule StartupTrialsKey();  // startup_trials: 5, that have to be complete before any is stopped
model::KeyRule MinTrialsKey();      // min_trials: 1, of which there must be a value at the epoch

}  // namespace hpsearch::stopping
