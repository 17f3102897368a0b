// Successive halving: Jamieson and Talwalkar, "Non-stochastic best arm identification and hyperparameter
// optimization" (2016), as a bracket of Li et al.'s Hyperband (2017) has it. All trials of a round are trained to
// `min_epochs` and paused; once all are there, the best 1 / `reduction_factor`, one at least, go on to the next
// rung, `reduction_factor` times as far, the others have ended; and so on up to the last epoch.
//
// Assumes that the order of trials changes little from rung to rung. What goes on depends on what the trials
// reached alone, so that a study is the same for any number of workers; the price is that they wait at each rung's
// end.
#pragma once

#include "server/stopping/registry.h"

namespace hpsearch::stopping {

Kind SuccessiveHalvingKind();

}  // namespace hpsearch::stopping
