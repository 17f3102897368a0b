#include "worker/train/shuffle.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <algorithm>
#include <map>
#include <numeric>
#include <set>

namespace hpsearch::train {
namespace {

std::vector<std::uint32_t> Shuffled(const std::vector<std::uint32_t>& rows, std::int64_t seed,
                                    std::int64_t epoch) {
  std::vector<std::uint32_t> order;
  ShuffleRows(rows, {.seed = seed}, epoch, order);
  return order;
}

std::vector<std::uint32_t> Rows(std::size_t count) {
  std::vector<std::uint32_t> rows(count);
  std::iota(rows.begin(), rows.end(), 0u);
  return rows;
}

TEST(Shuffle, IsAPermutation) {
  EXPECT_TRUE(rc::check([](const std::vector<std::uint32_t>& rows, std::int64_t seed) {
    std::vector<std::uint32_t> expected = rows;
    std::vector<std::uint32_t> actual = Shuffled(rows, seed, 3);
    std::ranges::sort(expected);
    std::ranges::sort(actual);
    RC_ASSERT(actual == expected);
  }));
}

TEST(Shuffle, EachEpochAndSeedHasItsOwn) {
  const std::set<std::vector<std::uint32_t>> orders = {Shuffled(Rows(1000), 7, 1), Shuffled(Rows(1000), 7, 2),
                                                       Shuffled(Rows(1000), 7, 3), Shuffled(Rows(1000), 8, 1)};
  EXPECT_EQ(orders.size(), 4u);
  EXPECT_EQ(Shuffled(Rows(1000), 7, 2), Shuffled(Rows(1000), 7, 2));
}

TEST(Shuffle, EveryOrderOfFourRowsIsAsLikely) {
  std::map<std::vector<std::uint32_t>, int> counts;
  for (std::int64_t epoch = 1; epoch <= 24000; ++epoch) ++counts[Shuffled(Rows(4), 1, epoch)];
  EXPECT_EQ(counts.size(), 24u);
  for (const auto& [order, count] : counts) EXPECT_NEAR(count, 1000, 5 * 31);
}

}  // namespace
}  // namespace hpsearch::train
