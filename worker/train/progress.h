// How far a training has come: all that it goes on from beside its weights and the optimizer's state. A plain
// value, which a checkpoint holds. No errors.
#pragma once

#include <cstdint>

#include "worker/optim/plateau.h"
#include "worker/train/metrics.h"
#include "worker/train/named_metrics.h"

namespace hpsearch::train {

struct Progress {
  std::int64_t epochs_done = 0;
  std::int64_t steps_done = 0;  // over the whole training
  optim::PlateauState plateau;  // of reduce_on_plateau; else its learning rate alone is read
  // Of the epoch under way; 0 between two epochs.
  std::int64_t rows_done = 0;  // of the epoch's order; whole batches
  Metrics metrics;             // over them
  NamedSums named;             // the same
  double seconds = 0;          // that they took
};

}  // namespace hpsearch::train
