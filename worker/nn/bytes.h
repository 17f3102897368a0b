// Bytes to what a network sees of them: byte / 255.0f, to the bit; with the dropout of the network's first layer
// in the same pass.
//
// While at it, both fetch as many bytes from `ahead`, which will be wanted soon: one cache line for each that is
// worked on, since a core drops most of what it is asked to fetch at once. `ahead` may be `bytes`.
//
// Pure; any thread.
#pragma once

#include <cstdint>

#include "worker/nn/dropout.h"

namespace hpsearch::nn {

void BytesToFloats(const std::uint8_t* bytes, const std::uint8_t* ahead, std::int64_t count, float* dst);

// Value i is kept where decisions[i] says so, and scaled.
void BytesToFloatsWithDropout(const std::uint8_t* bytes, const std::uint8_t* ahead, const Decision* decisions,
                              std::uint32_t threshold, float scale, std::int64_t count, float* dst);

}  // namespace hpsearch::nn
