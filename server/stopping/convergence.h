// Stops a trial that has little left to gain: a curve is fitted to its epochs (curve_fit.h), and where that gains
// less than `min_gain` from here to the trial's last epoch, it is as good as there. After Domhan, Springenberg and
// Hutter, "Speeding up automatic hyperparameter optimization of deep neural networks by extrapolation of learning
// curves" (2015), with two families and least squares in place of eleven and sampling.
//
// Looks from epoch `min_epochs` on, each `interval` epochs. Assumes a curve that falls (or rises) ever more
// slowly: one that stands still before it falls is lost, one that gets worse again is at its end. Looks at the
// trial alone. The reason tells the end that was foreseen.
#pragma once

#include "server/stopping/registry.h"

namespace hpsearch::stopping {

Kind ConvergenceKind();

}  // namespace hpsearch::stopping
