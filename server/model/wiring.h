// Which layers each layer of a model reads: the names in `input` and `inputs` as places. A layer without them
// reads the one before it in the file, the first one the network's own input, which has the reserved name `input`.
// Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "server/model/fault.h"
#include "server/model/outline.h"

namespace hpsearch::model {

// Of each layer its inputs, places of layers before it or kNetworkInput; nullopt: not all of them are known.
using Wiring = std::vector<std::optional<std::vector<std::int64_t>>>;

Wiring WiringOf(const Outline& layers);

// The same, with what is wrong in it: an input names an earlier layer, and each layer but the last, which is the
// network's output, is an input of another.
Wiring CheckWiring(const Outline& layers, Faults& faults);

}  // namespace hpsearch::model
