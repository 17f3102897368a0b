// The key of a trial: the content of what it trains. The same key is the same curve, to the bit, whatever the
// study and the number of epochs.
//
// Pure but for the numerics digest, which the first call in a process takes (train::NumericsDigest). Errors: as
// that, and INVALID_ARGUMENT, a lease that cannot be read.
#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "hpsearch/v1/worker_service.pb.h"

namespace hpsearch::agent {

// xxh3-128 in hex over: network and training with all defaults written out (but the number of epochs; the length
// of a schedule that has an end counts), data set, content hash, seed, replicate, numerics digest.
absl::StatusOr<std::string> KeyOf(const v1::Lease& lease);

}  // namespace hpsearch::agent
