// What a server bears of checkpoints that travel. A plain value.
#pragma once

#include <chrono>

#include "server/store/checkpoint_files.h"

namespace hpsearch::rpc {

struct CheckpointLimits {
  store::CheckpointFiles::Bounds files = {};
  int transfers = 64;                        // under way at once, both ways
  std::chrono::milliseconds stalls{10'000};  // a worker that neither sends nor takes anything for so long
};

}  // namespace hpsearch::rpc
