// Whether a trial's parts fit each other. Study files are checked long before, in server/model; this is what keeps
// a trainer from reading past its data whatever it is handed.
#pragma once

#include "absl/status/status.h"
#include "worker/train/trainer.h"

namespace hpsearch::train {

// INVALID_ARGUMENT, with what does not fit.
absl::Status CheckSetup(const TrialSetup& setup);

}  // namespace hpsearch::train
