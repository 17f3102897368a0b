// How the weights are cut up for an update; part of what a curve's bits depend on. Constants.
#pragma once

#include <cstdint>

namespace hpsearch::optim {

// Units that are updated together: few enough for their sums to stay in registers; in a wider kernel so many that
// its rows are read as streams. There, the rows of a narrow tile would lie a page apart each, in the same few sets
// of the caches. No sum's order depends on it.
inline constexpr std::int64_t kTile = 128;
inline constexpr std::int64_t kWideTile = 2048;
// A norm's squares are summed in float, in one of two fixed orders: with units side by side, within blocks of so
// many inputs and then over the blocks; with a unit's inputs side by side, in as many lanes and then over the
// lanes.
inline constexpr std::int64_t kNormBlock = 32;

}  // namespace hpsearch::optim
