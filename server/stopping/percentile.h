// Stops a trial that is not among the best so many percent: its best up to an epoch is held against that
// percentile of what the completed trials had at the epoch. Optuna's PercentilePruner, to the bit; `median` is its
// MedianPruner, after the median stopping rule of Golovin et al., "Google Vizier: A service for black-box
// optimization" (2017), which takes the running mean of the others' curves up to the epoch instead.
//
// `percentile`: how many percent are kept. Nothing is stopped before `startup_trials` are complete, nor where
// fewer than `min_trials` of them have a value at the epoch; looks behind `warmup_epochs` first, then each
// `interval` epochs. Assumes that curves do not cross much: a trial that begins slowly is lost. Looks at all
// trials of the study that were COMPLETED by the time the epoch is reported, not at those that were stopped or
// taken over: what it says depends on how many run side by side.
#pragma once

#include "server/stopping/registry.h"

namespace hpsearch::stopping {

Kind PercentileKind();
Kind MedianKind();

}  // namespace hpsearch::stopping
