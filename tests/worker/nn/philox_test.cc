#include "worker/nn/philox.h"

#include <Random123/philox.h>
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <vector>

namespace hpsearch::nn {
namespace {

PhiloxBlock Random123(const PhiloxBlock& counter, const PhiloxKey& key) {
  const auto block = r123::Philox4x32()({{counter[0], counter[1], counter[2], counter[3]}}, {{key[0], key[1]}});
  return {block[0], block[1], block[2], block[3]};
}

// Random123's kat_vectors, philox4x32 with ten rounds.
TEST(Philox, KnownAnswers) {
  EXPECT_EQ(Philox({0, 0, 0, 0}, {0, 0}), (PhiloxBlock{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}));
  EXPECT_EQ(Philox({0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff}, {0xffffffff, 0xffffffff}),
            (PhiloxBlock{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}));
  EXPECT_EQ(Philox({0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}, {0xa4093822, 0x299f31d0}),
            (PhiloxBlock{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}));
}

TEST(Philox, IsRandom123s) {
  EXPECT_TRUE(rc::check([](std::array<std::uint32_t, 4> counter, std::array<std::uint32_t, 2> key) {
    RC_ASSERT(Philox(counter, key) == Random123(counter, key));
  }));
}

class PhiloxBundlesOf : public testing::TestWithParam<decltype(&PhiloxBundles)> {};

TEST_P(PhiloxBundlesOf, AnyProcessorHoldTheBlocksOfTheirCountersWordByWord) {
  EXPECT_TRUE(rc::check([](std::array<std::uint32_t, 2> key, std::array<std::uint32_t, 3> high) {
    // The last counters before the first word wraps are in reach.
    const std::uint32_t first = *rc::gen::element(0u, 1u, 77u, 0x0fffffffu);
    constexpr int kCount = 3;
    std::vector<std::uint32_t> words(kCount * kBundleWords);
    GetParam()(key, high, first, kCount, words.data());
    for (std::uint32_t bundle = 0; bundle < kCount; ++bundle) {
      for (std::uint32_t lane = 0; lane < kBundleBlocks; ++lane) {
        const PhiloxBlock block =
            Random123({(first + bundle) * kBundleBlocks + lane, high[0], high[1], high[2]}, key);
        for (std::uint32_t word = 0; word < 4; ++word) {
          RC_ASSERT(words[bundle * kBundleWords + word * kBundleBlocks + lane] == block[word]);
        }
      }
    }
  }));
}

INSTANTIATE_TEST_SUITE_P(, PhiloxBundlesOf, testing::Values(&PhiloxBundles, &PlainPhiloxBundles));

}  // namespace
}  // namespace hpsearch::nn
