// Philox4x32-10 (Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", 2011), sixteen blocks at a time:
// the generator of all randomness in training. A value is a pure function of key and counter; nothing is kept.
//
// Pure; any thread. Requirements are on the caller: `out` has room.
#pragma once

#include <array>
#include <cstdint>

namespace hpsearch::nn {

using PhiloxKey = std::array<std::uint32_t, 2>;
using PhiloxBlock = std::array<std::uint32_t, 4>;

// One block: Random123's philox4x32 with ten rounds.
PhiloxBlock Philox(const PhiloxBlock& counter, const PhiloxKey& key);

// A bundle is sixteen blocks whose counters differ in their first word alone, stored word by word so that it comes
// out of vector registers as it is: out[16 * word + lane] is `word` of the block {16 * bundle + lane, high...}.
constexpr int kBundleBlocks = 16;
constexpr int kBundleWords = 4 * kBundleBlocks;

// Bundles first .. first + count - 1, 64 words each.
void PhiloxBundles(const PhiloxKey& key, const std::array<std::uint32_t, 3>& high, std::uint32_t first,
                   std::int64_t count, std::uint32_t* out);
// The same words on a processor of any kind, a few times slower.
void PlainPhiloxBundles(const PhiloxKey& key, const std::array<std::uint32_t, 3>& high, std::uint32_t first,
                        std::int64_t count, std::uint32_t* out);

}  // namespace hpsearch::nn
