// A digest of weights: the exact bits of each layer's kernel, input by input as Keras orders it, then of its bias,
// first layer first, whatever the order in memory. xxh3-128 in hex.
//
// Reads the parameters on the calling thread, which is the one that trains them, and keeps nothing of them.
// Errors: std::bad_alloc.
#pragma once

#include <string>
#include <vector>

#include "worker/nn/layer.h"

namespace hpsearch::train {

std::string DigestOf(const std::vector<nn::Parameter*>& parameters);

}  // namespace hpsearch::train
