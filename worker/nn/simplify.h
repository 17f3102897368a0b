// A network's layers as they are run: those that do something, each as few passes over memory as can be. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "server/model/network.h"

namespace hpsearch::nn {

// A dropout that the layer before it applies, by the random numbers of its own place.
struct FusedDropout {
  double rate = 0;
  std::int64_t place = 0;
};

// A layer and its place in the network, which names its random numbers.
struct Placed {
  std::string name;
  model::LayerKind layer;
  std::int64_t place = 0;
  std::vector<std::int64_t> inputs;          // of the result, before this one; model::kNetworkInput: the sample
  std::optional<FusedDropout> dropout = {};  // of a dense with relu alone
};

// Without a flatten of what is flat, dropout at rate 0, linear activations, and the softmax or sigmoid at
// the network's end, which is the loss's. An activation behind a linear dense or convolution that nobody else
// reads becomes its own, which computes it on the way; one whose derivative is not to be had from its result comes
// to stand behind its layer instead. A dropout behind a dense with relu that nobody else reads becomes the
// dense's: what is 0 in the end tells backward all that it wants to know of both. Requires that each layer's
// inputs stand before it, and that all but the last are read.
std::vector<Placed> Simplify(const model::Network& network);

}  // namespace hpsearch::nn
