// Whether a trial's parts fit each other. Study files are checked long before, in server/model; this is what keeps
// a trainer from reading past its data, and a batch from taking all memory, whatever it is handed.
//
// Pure; any thread; keeps nothing of what it is handed.
#pragma once

#include <cstdint>

#include "absl/status/status.h"
#include "server/model/network.h"
#include "worker/train/trainer.h"

namespace hpsearch::train {

// The values of one row on its way through the network: the sample, and what each layer makes of it.
std::int64_t ValuesOf(const model::Network& network);

// INVALID_ARGUMENT, with what does not fit; RESOURCE_EXHAUSTED, a batch of more than model::kMostBatchValues.
absl::Status CheckSetup(const TrialSetup& setup);

}  // namespace hpsearch::train
