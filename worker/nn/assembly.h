// The layers of a chain out of a network: what each is, and in which order its images lie. Internal to this room.
//
// Threads: as the layers. Errors: INVALID_ARGUMENT, a network that cannot be run.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "absl/status/statusor.h"
#include "server/model/network.h"
#include "worker/nn/dropout.h"
#include "worker/nn/layer.h"

namespace hpsearch::nn {

struct Assembly {
  std::optional<DropoutRule> input_dropout;
  std::vector<std::unique_ptr<Layer>> layers;
};

absl::StatusOr<Assembly> Assemble(const model::Network& network, const RandomSource& source);

}  // namespace hpsearch::nn
