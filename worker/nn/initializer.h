// Initial weights as Keras draws them in distribution (the numbers are ours: a function of stream and place).
//
// Pure; any thread. `fan_in` and `fan_out` are from 1.
#pragma once

#include <cstdint>
#include <span>

#include "server/model/network.h"
#include "worker/nn/random_stream.h"

namespace hpsearch::nn {

// Fills `values`; draw i depends on the stream and i alone.
void Initialize(model::InitializerKind kind, std::int64_t fan_in, std::int64_t fan_out, const RandomStream& stream,
                std::span<float> values);

}  // namespace hpsearch::nn
