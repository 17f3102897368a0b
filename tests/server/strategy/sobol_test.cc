#include "server/strategy/sobol.h"

#include <gtest/gtest.h>

#include <set>
#include <vector>

#include "tests/server/strategy/sequences.h"

namespace hpsearch::strategy {
namespace {

// Of a block of 2^k points, from a multiple of 2^k on, one in each of 2^k intervals, in every dimension: those of
// the table, and those beyond it.
TEST(Sobol, HasOnePointOfABlockInEachInterval) {
  const auto sobol = MakeSequence(SobolKind(), 600, 3);
  for (const int k : {1, 4, 9}) {
    const std::int64_t size = std::int64_t{1} << k;
    for (const std::int64_t block :
         {std::int64_t{0}, std::int64_t{1}, std::int64_t{5}, std::int64_t{1} << (52 - k)}) {
      std::vector<std::vector<bool>> taken(600, std::vector<bool>(static_cast<std::size_t>(size)));
      for (std::int64_t i = 0; i < size; ++i) {
        const Coordinates at = sobol->At(block * size + i);
        for (std::size_t dimension = 0; dimension < at.size(); ++dimension) {
          ASSERT_GE(at[dimension], 0);
          ASSERT_LT(at[dimension], 1);
          const auto interval = static_cast<std::size_t>(at[dimension] * static_cast<double>(size));
          ASSERT_FALSE(taken[dimension][interval]) << k << " " << block << " " << dimension;
          taken[dimension][interval] = true;
        }
      }
    }
  }
}

// The first two dimensions are a (0, m, 2)-net: of 2^k points one in each box of 2^a by 2^(k - a).
TEST(Sobol, KeepsItsNetsWhenScrambled) {
  const auto sobol = MakeSequence(SobolKind(), 2, 11);
  constexpr int kBits = 8;
  for (int a = 0; a <= kBits; ++a) {
    std::set<std::pair<int, int>> boxes;
    for (std::int64_t i = 0; i < 1 << kBits; ++i) {
      const Coordinates at = sobol->At(i);
      boxes.insert({static_cast<int>(at[0] * (1 << a)), static_cast<int>(at[1] * (1 << (kBits - a)))});
    }
    EXPECT_EQ(boxes.size(), 1u << kBits) << a;
  }
}

// Scrambled, a number's point is uniform over seeds, and so is where it lies within half its place.
TEST(Sobol, IsScrambledEvenly) {
  constexpr int kSeeds = 4096, kIntervals = 16;
  std::vector<int> places(kIntervals), inner(kIntervals);
  for (int seed = 0; seed < kSeeds; ++seed) {
    const double x = MakeSequence(SobolKind(), 3, static_cast<std::uint64_t>(seed))->At(5)[2];
    ++places[static_cast<std::size_t>(x * kIntervals)];
    const double finer = x * 0x1p20;  // behind the first subtrees
    ++inner[static_cast<std::size_t>((finer - static_cast<double>(static_cast<std::int64_t>(finer))) *
                                     kIntervals)];
  }
  for (const int count : places) EXPECT_NEAR(count, kSeeds / kIntervals, 5 * 16);
  for (const int count : inner) EXPECT_NEAR(count, kSeeds / kIntervals, 5 * 16);
}

// A dimension beyond the table does not go along with the table's that it takes again.
TEST(Sobol, PartsWhatItTakesTwice) {
  const auto sobol = MakeSequence(SobolKind(), 257, 2);
  std::set<std::pair<int, int>> boxes;
  for (std::int64_t i = 0; i < 256; ++i) {
    const Coordinates at = sobol->At(i);
    boxes.insert({static_cast<int>(at[0] * 16), static_cast<int>(at[256] * 16)});
  }
  EXPECT_GT(boxes.size(), 100u);  // by chance, 162; together, 16
}

TEST(Sobol, GivesANumberItsPoint) {
  const auto one = MakeSequence(SobolKind(), 300, 5);
  EXPECT_EQ(one->At(41), MakeSequence(SobolKind(), 300, 5)->At(41));
  EXPECT_NE(one->At(41), MakeSequence(SobolKind(), 300, 6)->At(41));
  EXPECT_NE(one->At(41), one->At(42));
}

}  // namespace
}  // namespace hpsearch::strategy
