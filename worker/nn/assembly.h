// The layers of a graph out of a network: what each is, what it reads, and in which order its images lie. Internal
// to this room.
//
// Threads: as the layers. Errors: INVALID_ARGUMENT, a network that cannot be run.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "absl/status/statusor.h"
#include "server/model/network.h"
#include "server/model/training.h"
#include "worker/nn/dropout.h"
#include "worker/nn/layer.h"

namespace hpsearch::nn {

struct Assembly {
  struct Node {
    std::unique_ptr<Layer> layer;
    std::vector<std::int64_t> inputs;  // nodes before it; model::kNetworkInput: the sample
  };
  std::optional<DropoutRule> input_dropout;
  std::vector<Node> nodes;  // the last makes the output; without any, the sample is the output
};

absl::StatusOr<Assembly> Assemble(const model::Network& network, const RandomSource& source,
                                  model::Precision precision);

}  // namespace hpsearch::nn
