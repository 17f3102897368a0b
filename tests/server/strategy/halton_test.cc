#include "server/strategy/halton.h"

#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <map>
#include <set>
#include <vector>

#include "tests/server/strategy/sequences.h"

namespace hpsearch::strategy {
namespace {

constexpr std::array<std::int64_t, 10> kPrimes = {2, 3, 5, 7, 11, 13, 17, 19, 23, 29};

// Halton's sequence but for its digits' names: each digit of the index stands for one of the point, turned over.
TEST(Halton, PermutesTheDigitsOfEachPlace) {
  const auto halton = MakeSequence(HaltonKind(), kPrimes.size(), 4);
  bool moved = false;
  for (std::size_t dimension = 0; dimension < kPrimes.size(); ++dimension) {
    const std::int64_t base = kPrimes[dimension];
    std::array<std::map<std::int64_t, std::int64_t>, 3> renamed;
    for (std::int64_t index = 0; index < base * base * base; ++index) {
      std::int64_t left = index;
      double x = halton->At(index)[dimension];
      ASSERT_GE(x, 0);
      ASSERT_LT(x, 1);
      for (auto& permutation : renamed) {
        x *= static_cast<double>(base);
        const auto digit = static_cast<std::int64_t>(std::floor(x));
        x -= static_cast<double>(digit);
        const auto entry = permutation.emplace(left % base, digit).first;
        ASSERT_EQ(entry->second, digit) << base << " " << index;
        left /= base;
      }
    }
    for (const auto& permutation : renamed) {
      std::set<std::int64_t> digits;
      for (const auto& [digit, name] : permutation) {
        digits.insert(name);
        moved |= digit != name;
      }
      EXPECT_EQ(static_cast<std::int64_t>(digits.size()), base);
    }
  }
  EXPECT_TRUE(moved);
}

TEST(Halton, HasOnePointOfABlockInEachInterval) {
  const auto halton = MakeSequence(HaltonKind(), kPrimes.size(), 9);
  for (std::size_t dimension = 0; dimension < kPrimes.size(); ++dimension) {
    const std::int64_t size = kPrimes[dimension] * kPrimes[dimension];
    for (const std::int64_t block : {std::int64_t{0}, std::int64_t{3}, (std::int64_t{1} << 40) / size}) {
      std::vector<bool> taken(static_cast<std::size_t>(size));
      for (std::int64_t i = 0; i < size; ++i) {
        const double x = halton->At(block * size + i)[dimension];
        const auto interval = static_cast<std::size_t>(x * static_cast<double>(size));
        ASSERT_FALSE(taken[interval]) << kPrimes[dimension] << " " << block;
        taken[interval] = true;
      }
    }
  }
}

TEST(Halton, GivesANumberItsPoint) {
  const auto one = MakeSequence(HaltonKind(), 40, 5);
  EXPECT_EQ(one->At(41), MakeSequence(HaltonKind(), 40, 5)->At(41));
  EXPECT_NE(one->At(41), MakeSequence(HaltonKind(), 40, 6)->At(41));
  EXPECT_NE(one->At(41), one->At(42));
  EXPECT_NE(one->At((std::int64_t{1} << 53) - 1), one->At((std::int64_t{1} << 53) - 2));
}

}  // namespace
}  // namespace hpsearch::strategy
