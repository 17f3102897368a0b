// Stops a trial whose metric is outside two bounds: Optuna's ThresholdPruner, in words that hold for either
// direction of the objective. `reached`: as good as this is good enough; `worse_than`: worse than this is
// hopeless, and so is what is not finite. At least one of them. Looks at the current epoch: behind `warmup_epochs`
// first, then each `interval` epochs.
//
// Assumes nothing of the curve's form; that the bounds are right is the study's own matter. Looks at the trial
// alone.
#pragma once

#include "server/stopping/registry.h"

namespace hpsearch::stopping {

Kind ThresholdKind();

}  // namespace hpsearch::stopping
