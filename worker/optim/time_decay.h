// Keras's time-based decay: rate(step) = learning_rate / (1 + decay * step), steps counted from 0 over the whole
// training. `decay` is from 0. Pure; any thread; no errors.
#pragma once

#include <cstdint>

namespace hpsearch::optim {

inline double TimeDecayRate(double learning_rate, double decay, std::int64_t step) {
  return learning_rate / (1.0 + decay * static_cast<double>(step));
}

}  // namespace hpsearch::optim
