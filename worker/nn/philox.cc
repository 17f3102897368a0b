#include "worker/nn/philox.h"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace hpsearch::nn {
namespace {

constexpr std::uint32_t kMultiplier0 = 0xD2511F53u;
constexpr std::uint32_t kMultiplier1 = 0xCD9E8D57u;
constexpr std::uint32_t kWeyl0 = 0x9E3779B9u;
constexpr std::uint32_t kWeyl1 = 0xBB67AE85u;
constexpr int kRounds = 10;

using High = std::array<std::uint32_t, 3>;

#if defined(__x86_64__)
#define HPSEARCH_AVX512 __attribute__((target("avx512f,avx512dq,avx512vl")))

// The compiler makes the 32 x 32 -> 64 bit products from three instructions too many; by hand it is 2.5 times as
// fast. Each 64-bit lane carries a word in its low half; what is in the high half never gets into a product.
struct Lanes {
  __m512i word0, word1, word2, word3;
};

HPSEARCH_AVX512 inline void Round(Lanes& lanes, __m512i key0, __m512i key1) {
  const __m512i product0 = _mm512_mul_epu32(lanes.word0, _mm512_set1_epi64(kMultiplier0));
  const __m512i product1 = _mm512_mul_epu32(lanes.word2, _mm512_set1_epi64(kMultiplier1));
  constexpr int kXor = 0x96;  // of three
  lanes.word0 = _mm512_ternarylogic_epi64(_mm512_srli_epi64(product1, 32), lanes.word1, key0, kXor);
  lanes.word2 = _mm512_ternarylogic_epi64(_mm512_srli_epi64(product0, 32), lanes.word3, key1, kXor);
  lanes.word1 = product1;
  lanes.word3 = product0;
}

HPSEARCH_AVX512 inline void Store(const Lanes& lanes, std::uint32_t* out) {
  auto* to = reinterpret_cast<__m256i*>(out);
  _mm256_storeu_si256(to, _mm512_cvtepi64_epi32(lanes.word0));
  _mm256_storeu_si256(to + 2, _mm512_cvtepi64_epi32(lanes.word1));
  _mm256_storeu_si256(to + 4, _mm512_cvtepi64_epi32(lanes.word2));
  _mm256_storeu_si256(to + 6, _mm512_cvtepi64_epi32(lanes.word3));
}

// The same for all bundles: out of memory they are broadcast by the load itself, out of a register by the unit
// that shifts, which is what the rounds wait for.
struct RoundKeys {
  explicit RoundKeys(const PhiloxKey& key) {
    std::uint32_t key0 = key[0];
    std::uint32_t key1 = key[1];
    for (int round = 0; round < kRounds; ++round, key0 += kWeyl0, key1 += kWeyl1) {
      word0[round] = key0;
      word1[round] = key1;
    }
  }
  std::uint64_t word0[kRounds];
  std::uint64_t word1[kRounds];
};

HPSEARCH_AVX512 void Avx512Bundles(const PhiloxKey& key, const High& high, std::uint32_t first, std::int64_t count,
                                   std::uint32_t* out) {
  const RoundKeys keys(key);
  const __m512i eight = _mm512_set1_epi64(8);
  const __m512i lane = _mm512_setr_epi64(0, 1, 2, 3, 4, 5, 6, 7);
  for (std::int64_t bundle = 0; bundle < count; ++bundle, out += kBundleWords) {
    const std::uint32_t block = (first + static_cast<std::uint32_t>(bundle)) * kBundleBlocks;
    const __m512i counter = _mm512_add_epi64(_mm512_set1_epi64(block), lane);
    Lanes low{counter, _mm512_set1_epi64(high[0]), _mm512_set1_epi64(high[1]), _mm512_set1_epi64(high[2])};
    Lanes upper = low;
    upper.word0 = _mm512_add_epi64(counter, eight);
#pragma GCC unroll 10
    for (int round = 0; round < kRounds; ++round) {
      const __m512i key0 = _mm512_set1_epi64(static_cast<std::int64_t>(keys.word0[round]));
      const __m512i key1 = _mm512_set1_epi64(static_cast<std::int64_t>(keys.word1[round]));
      Round(low, key0, key1);
      Round(upper, key0, key1);
    }
    Store(low, out);
    Store(upper, out + 8);
  }
}
#endif

using Bundles = void (*)(const PhiloxKey&, const High&, std::uint32_t, std::int64_t, std::uint32_t*);

Bundles BestBundles() {
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
      __builtin_cpu_supports("avx512vl")) {
    return Avx512Bundles;
  }
#endif
  return PlainPhiloxBundles;
}

}  // namespace

PhiloxBlock Philox(const PhiloxBlock& counter, const PhiloxKey& key) {
  auto [word0, word1, word2, word3] = counter;
  auto [key0, key1] = key;
  for (int round = 0; round < kRounds; ++round, key0 += kWeyl0, key1 += kWeyl1) {
    const std::uint64_t product0 = std::uint64_t{kMultiplier0} * word0;
    const std::uint64_t product1 = std::uint64_t{kMultiplier1} * word2;
    word0 = static_cast<std::uint32_t>(product1 >> 32) ^ word1 ^ key0;
    word2 = static_cast<std::uint32_t>(product0 >> 32) ^ word3 ^ key1;
    word1 = static_cast<std::uint32_t>(product1);
    word3 = static_cast<std::uint32_t>(product0);
  }
  return {word0, word1, word2, word3};
}

void PlainPhiloxBundles(const PhiloxKey& key, const std::array<std::uint32_t, 3>& high, std::uint32_t first,
                        std::int64_t count, std::uint32_t* out) {
  for (std::int64_t bundle = 0; bundle < count; ++bundle, out += kBundleWords) {
    const std::uint32_t block = (first + static_cast<std::uint32_t>(bundle)) * kBundleBlocks;
    for (std::uint32_t lane = 0; lane < kBundleBlocks; ++lane) {
      const PhiloxBlock result = Philox({block + lane, high[0], high[1], high[2]}, key);
      for (int word = 0; word < 4; ++word) out[kBundleBlocks * word + static_cast<int>(lane)] = result[word];
    }
  }
}

void PhiloxBundles(const PhiloxKey& key, const std::array<std::uint32_t, 3>& high, std::uint32_t first,
                   std::int64_t count, std::uint32_t* out) {
  static const Bundles kBest = BestBundles();
  kBest(key, high, first, count, out);
}

}  // namespace hpsearch::nn
