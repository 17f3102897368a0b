// Stops a trial that has not improved for so many epochs: Keras's EarlyStopping, epoch by epoch the same; the idea
// is older (Prechelt, "Early stopping - but when?", 1998).
//
// `epochs`: how many in a row may bring nothing; `min_delta`: an improvement is one by more than this. Assumes
// that a curve that stands still for so long goes on to. Looks at the trial alone. What is not finite is no
// improvement.
#pragma once

#include "server/stopping/registry.h"

namespace hpsearch::stopping {

Kind PatienceKind();

}  // namespace hpsearch::stopping
