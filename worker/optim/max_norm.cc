#include "worker/optim/max_norm.h"

#include <algorithm>
#include <cmath>

namespace hpsearch::optim {

float MaxNormFactor(float square_sum, float max_norm) {
  constexpr float kEpsilon = 1e-7f;  // Keras's backend epsilon
  const float norm = std::sqrt(square_sum);
  return std::min(norm, max_norm) / (norm + kEpsilon);
}

}  // namespace hpsearch::optim
