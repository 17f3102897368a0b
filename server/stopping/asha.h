// Asynchronous successive halving: Li et al., "A system for massively parallel hyperparameter tuning" (ASHA, 2018,
// MLSys 2020), the promotion of its Algorithm 2. Each trial is trained to `min_epochs` and paused; of those that
// have come to a rung, the best 1 / `reduction_factor` go on to the next, `reduction_factor` times as far, as soon
// as they are among them: before any new trial begins. No worker ever waits for another.
//
// Assumes that the order of trials changes little from rung to rung. What goes on depends on the order in which
// trials come: with one worker a study is the same again, with more it depends on how many run side by side.
#pragma once

#include "server/stopping/registry.h"

namespace hpsearch::stopping {

Kind AshaKind();

}  // namespace hpsearch::stopping
