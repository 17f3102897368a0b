// Bytes to what a network sees of them: byte / 255.0f, to the bit; with the dropout of the network's first layer
// in the same pass.
//
// Pure; any thread.
#pragma once

#include <cstdint>

#include "worker/nn/dropout.h"

namespace hpsearch::nn {

void BytesToFloats(const std::uint8_t* bytes, std::int64_t count, float* dst);

// Value i is kept where decisions[i] says so, and scaled.
void BytesToFloatsWithDropout(const std::uint8_t* bytes, const Decision* decisions, std::uint32_t threshold,
                              float scale, std::int64_t count, float* dst);

}  // namespace hpsearch::nn
