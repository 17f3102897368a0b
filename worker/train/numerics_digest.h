// How this machine's arithmetic comes out: small fixed trainings on fixed data, hashed. Two machines with the same
// digest train the same bits.
//
// Threads: any; the probe runs on a thread of its own, whose OpenMP settings are nobody else's. Takes some
// milliseconds the first time and is kept. Errors, which are not kept: INTERNAL, a probe that does not train;
// RESOURCE_EXHAUSTED, no memory for it; std::system_error where no thread is to be had.
#pragma once

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"

namespace hpsearch::train {

// Part of the digest: raised with every change of ours that changes the bits of a curve, whether a probe sees it
// or not.
constexpr std::int64_t kNumericsVersion = 1;

absl::StatusOr<std::string> NumericsDigest();

}  // namespace hpsearch::train
