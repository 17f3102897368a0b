// Hyperband: Li et al., "Hyperband: a novel bandit-based approach to hyperparameter optimization" (2017). A
// round's trials are dealt, by number, to brackets of successive halving: many that begin at `min_epochs`, fewer
// that begin at each rung above, a few that are trained to their end at once, in the paper's proportions; and
// again from the beginning. So it hedges against curves that cross late, which successive halving alone does not
// see.
//
// Within a bracket a rung waits for all of its trials, as in the paper (Optuna's HyperbandPruner does not), so
// that a study is the same for any number of workers; meanwhile these train the other brackets' trials.
#pragma once

#include "server/stopping/registry.h"

namespace hpsearch::stopping {

Kind HyperbandKind();

}  // namespace hpsearch::stopping
