// What keeps a graph from being made of a network that cannot be run. Study files are checked long before, in
// server/model; these are for whatever is handed over. Pure. Errors: INVALID_ARGUMENT, with the layer's name.
#pragma once

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "server/model/network.h"

namespace hpsearch::nn {

// Each layer reads as many layers before it as its kind takes, and each but the last is read.
absl::Status CheckInputs(const model::Network& network);

// The layer can be run on samples of these shapes; a softmax, which the loss takes away from the end, cannot.
absl::Status CheckRuns(const std::string& name, const model::LayerKind& layer,
                       const std::vector<model::Shape>& srcs);

}  // namespace hpsearch::nn
