#include "worker/nn/random_stream.h"

#include <gtest/gtest.h>

#include <set>
#include <vector>

namespace hpsearch::nn {
namespace {

std::vector<std::uint32_t> Words(const RandomSource& source, Purpose purpose, std::int64_t layer,
                                 std::int64_t epoch, std::int64_t step) {
  std::vector<std::uint32_t> words(kBundleWords);
  RandomStream(source, purpose, layer).Bundles(epoch, step, 0, 1, words.data());
  return words;
}

TEST(RandomStream, EveryPartOfItsNameCounts) {
  const std::set<std::vector<std::uint32_t>> streams = {
      Words({7, 0}, Purpose::kDropout, 0, 1, 0),
      Words({8, 0}, Purpose::kDropout, 0, 1, 0),
      Words({7 + (std::int64_t{1} << 32), 0}, Purpose::kDropout, 0, 1, 0),
      Words({-7, 0}, Purpose::kDropout, 0, 1, 0),
      Words({7, 1}, Purpose::kDropout, 0, 1, 0),
      Words({7, std::int64_t{1} << 32}, Purpose::kDropout, 0, 1, 0),
      Words({7, 0}, Purpose::kShuffle, 0, 1, 0),
      Words({7, 0}, Purpose::kDropout, 1, 1, 0),
      Words({7, 0}, Purpose::kDropout, 0, 2, 0),
      Words({7, 0}, Purpose::kDropout, 0, 1, 1),
  };
  EXPECT_EQ(streams.size(), 10u);
}

TEST(RandomStream, IsTheSameAgain) {
  EXPECT_EQ(Words({7, 2}, Purpose::kDropout, 3, 4, 5), Words({7, 2}, Purpose::kDropout, 3, 4, 5));
}

TEST(RandomStream, ALaterBundleIsWhatItWouldHaveBeenInARow) {
  const RandomStream stream({1, 0}, Purpose::kDropout, 0);
  std::vector<std::uint32_t> all(5 * kBundleWords);
  std::vector<std::uint32_t> tail(2 * kBundleWords);
  stream.Bundles(1, 9, 0, 5, all.data());
  stream.Bundles(1, 9, 3, 2, tail.data());
  EXPECT_EQ(std::vector<std::uint32_t>(all.begin() + 3 * kBundleWords, all.end()), tail);
}

TEST(Below, RejectsTheWordsThatWouldMakeSomeValuesMoreLikely) {
  // A bound of 3 leaves 2^32 mod 3 = 1 word over: word 0.
  std::vector<std::uint32_t> words = {0, 0xffffffffu};
  std::size_t next = 0;
  EXPECT_EQ(Below(3, [&] { return words[next++]; }), 2u);
  EXPECT_EQ(next, 2u);
}

TEST(Below, DrawsEachValueAsOften) {
  constexpr std::uint32_t kBound = 10;
  std::vector<std::uint32_t> words(1000 * kBundleWords);
  RandomStream({3, 0}, Purpose::kShuffle, 0).Bundles(0, 0, 0, 1000, words.data());
  std::vector<int> counts(kBound);
  for (const std::uint32_t word : words) ++counts.at(Below(kBound, [&] { return word; }));
  for (const int count : counts) EXPECT_NEAR(count, 6400, 5 * 76);  // five deviations
}

}  // namespace
}  // namespace hpsearch::nn
