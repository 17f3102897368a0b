// The instruction set that this process's oneDNN kernels are held to, so that machines of several generations
// train the same bits. Our own kernels give the same bits in every set (vectorized.h) and are not held to any.
//
//   native  the best that the processor has
//   avx2    AVX2 and FMA
//   avx512  AVX-512 F, BW, VL and DQ: oneDNN's avx512_core, without the VNNI, bf16 and AMX of later processors
//
// Process-wide, once, before any primitive is made and ChannelBlock is asked; from any thread. Errors:
// FAILED_PRECONDITION.
#pragma once

#include <string>

#include "absl/status/status.h"
#include "server/model/training.h"

namespace hpsearch::nn {

// Again with the same set it does nothing. FAILED_PRECONDITION: the processor lacks the set; the process is pinned
// to another one; a primitive was made, so that it is too late.
absl::Status PinInstructionSet(model::InstructionSet set);

// kNative: it is pinned to none.
model::InstructionSet PinnedInstructionSet();

// FAILED_PRECONDITION where the process is pinned to another set than that.
absl::Status CheckPinned(model::InstructionSet set);

// As the study file spells it. Requires: the name is one.
const std::string& NameOf(model::InstructionSet set);
model::InstructionSet InstructionSetNamed(const std::string& name);

}  // namespace hpsearch::nn
