// The order in which an epoch takes its rows: the training rows shuffled anew, by Fisher and Yates with unbiased
// draws, the same for all trials of a study.
//
// Pure; any thread.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "worker/nn/random_stream.h"

namespace hpsearch::train {

// `order` becomes a permutation of `rows`, which depends on source, epoch and the rows' number alone.
void ShuffleRows(std::span<const std::uint32_t> rows, const nn::RandomSource& source, std::int64_t epoch,
                 std::vector<std::uint32_t>& order);

}  // namespace hpsearch::train
