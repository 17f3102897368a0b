// How the weights are cut up for an update; part of what a curve's bits depend on. Constants.
#pragma once

#include <cstdint>

namespace hpsearch::optim {

// Units that are updated together: long enough to be read as a stream, few enough for their sums to stay in
// registers.
inline constexpr std::int64_t kTile = 128;
// A norm's squares are summed in float, in one of two fixed orders: with units side by side, within blocks of so
// many inputs and then over the blocks; with a unit's inputs side by side, in as many lanes and then over the
// lanes.
inline constexpr std::int64_t kNormBlock = 32;

}  // namespace hpsearch::optim
