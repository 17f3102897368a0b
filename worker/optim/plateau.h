// Keras's ReduceLROnPlateau: where what is monitored has not fallen by more than min_delta for `patience` epochs,
// the learning rate is multiplied by `factor`, down to min_lr; for `cooldown` epochs after that none is counted.
//
// Pure: the state is a value, which a checkpoint can hold. Any thread; no errors.
#pragma once

#include <cstdint>
#include <limits>

#include "server/model/schedule.h"

namespace hpsearch::optim {

struct PlateauState {
  double learning_rate = 0;  // of the next epoch
  double best = std::numeric_limits<double>::infinity();
  std::int64_t wait = 0;      // epochs without a fall
  std::int64_t cooldown = 0;  // epochs of it that are left
  bool operator==(const PlateauState&) const = default;
};

// The state behind an epoch that ended with this value.
PlateauState AfterEpoch(const model::ReduceOnPlateau& rule, PlateauState state, double monitored);

}  // namespace hpsearch::optim
