// The passes over activations and gradients that oneDNN does not fuse. Plain loops with a fixed order of sums.
//
// Pure; any thread. Pointers of one call do not overlap unless it says so.
#pragma once

#include <cstdint>

#include "server/model/network.h"

namespace hpsearch::nn {

// diff *= activation'(src), written in terms of dst = activation(src); any kind but softmax.
void ActivationBackward(model::ActivationKind activation, const float* dst, float* diff, std::int64_t count);

// The same on rows x units, and diff_bias[u] = the sum of the new diff[., u]: first within blocks of 32 rows, then
// over the blocks.
void ActivationBackwardWithBias(model::ActivationKind activation, const float* dst, float* diff, std::int64_t rows,
                                std::int64_t units, float* diff_bias);

// dst = src * factor; dst may be src.
void Multiply(const float* src, const float* factor, float* dst, std::int64_t count);

}  // namespace hpsearch::nn
