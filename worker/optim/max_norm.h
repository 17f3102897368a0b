// Keras's MaxNorm over each unit's inputs: w * min(n, m) / (n + 1e-7), n the unit's Euclidean norm. Keras scales
// by that factor even where n is below m, and so does this.
//
// The squares are summed in float, in one of two fixed orders: with units side by side, within blocks of 32 inputs
// and then over the blocks; with a unit's inputs side by side, in 32 lanes and then over the lanes.
#pragma once

#include <cstdint>

namespace hpsearch::optim {

constexpr std::int64_t kNormBlock = 32;

// From the sum of squares of a unit's weights, the factor that they are scaled by.
float MaxNormFactor(float square_sum, float max_norm);

}  // namespace hpsearch::optim
