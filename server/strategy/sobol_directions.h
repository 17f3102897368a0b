// The Sobol sequence as it is made, before it is scrambled: direction numbers of Joe and Kuo ("Constructing Sobol
// sequences with better two-dimensional projections", 2008) for the first 256 dimensions. Pure; no errors.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace hpsearch::strategy {

inline constexpr std::size_t kSobolDimensions = 256;

// Direction numbers as fractions of 2^64, one for each bit of an index, the lowest first.
using SobolDirections = std::array<std::uint64_t, 64>;
// Requires: dimension < kSobolDimensions.
SobolDirections SobolDirectionsOf(std::size_t dimension);

// The index's place in [0, 1), as a fraction of 2^64. Indices are the plain ones, not in the Gray code's order.
std::uint64_t SobolPlace(const SobolDirections& directions, std::uint64_t index);

}  // namespace hpsearch::strategy
