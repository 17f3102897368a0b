// The passes over activations and gradients that oneDNN does not fuse. Plain loops with a fixed order of sums.
//
// Pure; any thread. Pointers of one call do not overlap unless it says so.
#pragma once

#include <cstdint>

#include "server/model/network.h"

namespace hpsearch::nn {

// Whether the derivative is a function of dst = activation(src) that float does not spoil: of linear, relu,
// leaky_relu, elu, tanh and sigmoid.
bool HasDerivativeOfDst(model::ActivationKind activation);

// diff *= activation'(src), written in terms of dst; requires that it can be. `alpha` is from 0. Of relu alone:
// dst may be what a dropout has made of it, and `kept_scale` what that multiplied those it kept by.
void ActivationBackward(model::ActivationKind activation, double alpha, const float* dst, float* diff,
                        std::int64_t count, float kept_scale = 1);

// The same, with the default alpha, on rows x units, and diff_bias[u] = the sum of the new diff[., u]: first
// within blocks of 32 rows, then over the blocks.
void ActivationBackwardWithBias(model::ActivationKind activation, const float* dst, float* diff, std::int64_t rows,
                                std::int64_t units, float* diff_bias, float kept_scale = 1);

// dst = src * factor; dst may be src.
void Multiply(const float* src, const float* factor, float* dst, std::int64_t count);

// dst = left + right; dst may be either.
void Add(const float* left, const float* right, float* dst, std::int64_t count);

}  // namespace hpsearch::nn
