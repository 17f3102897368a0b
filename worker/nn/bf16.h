// bfloat16, the upper half of a float: what `precision: bf16` hands to oneDNN's products and convolutions instead
// of floats. Weights, gradients, activations and everything between the products stay floats; a value is rounded
// right before it is multiplied (to nearest, ties to even), products are summed in floats.
//
// Pure but for HasBf16; any thread. No errors.
#pragma once

#include <cstdint>

#include "worker/nn/floats.h"

namespace hpsearch::nn {

// The processor multiplies bf16 (AVX512_BF16), and the process is not pinned to a set without it.
bool HasBf16();
// What is said where it does not.
inline constexpr const char* kNoBf16 =
    "training.precision: bf16: this processor, or the instruction set that the process is pinned to, cannot "
    "multiply "
    "it (AVX512_BF16); f32 is wanted, or another machine";

void ToBf16(const float* src, Bf16* dst, std::int64_t count);

}  // namespace hpsearch::nn
