#include "server/strategy/draws.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

namespace hpsearch::strategy {
namespace {

TEST(Draws, AreNamedBySeedPurposeAndNumber) {
  const auto first = [](std::uint64_t seed, Purpose purpose, std::int64_t number) {
    return Draws(seed, purpose, number).Word();
  };
  const std::uint32_t word = first(7, Purpose::kRandom, 5);
  EXPECT_EQ(first(7, Purpose::kRandom, 5), word);
  EXPECT_NE(first(8, Purpose::kRandom, 5), word);
  EXPECT_NE(first(7 + (std::uint64_t{1} << 32), Purpose::kRandom, 5), word);
  EXPECT_NE(first(7, Purpose::kTpe, 5), word);
  EXPECT_NE(first(7, Purpose::kRandom, 6), word);
  EXPECT_NE(first(7, Purpose::kRandom, 5 + (std::int64_t{1} << 32)), word);
}

// Random123's known answer (kat_vectors): philox4x32, 10 rounds, counter and key of zeros.
TEST(Draws, ArePhilox) {
  Draws draws(0, static_cast<Purpose>(0), 0);
  EXPECT_EQ(draws.Word(), 0x6627e8d5u);
  EXPECT_EQ(draws.Word(), 0xe169c58du);
  EXPECT_EQ(draws.Word(), 0xbc57ac4cu);
  EXPECT_EQ(draws.Word(), 0x9b00dbd8u);
}

// Of 100,000 draws: means and variances within five standard errors.
TEST(Draws, HaveTheirMoments) {
  constexpr int kDraws = 100'000;
  Draws draws(3, Purpose::kRandom, 0);
  double uniform = 0, normal = 0, squares = 0;
  std::vector<int> below(7);
  for (int i = 0; i < kDraws; ++i) {
    const double value = draws.Uniform();
    EXPECT_GE(value, 0);
    EXPECT_LT(value, 1);
    uniform += value;
    const double bell = draws.Normal();
    normal += bell;
    squares += bell * bell;
    ++below[static_cast<std::size_t>(draws.Below(7))];
  }
  EXPECT_NEAR(uniform / kDraws, 0.5, 5 * std::sqrt(1.0 / 12 / kDraws));
  EXPECT_NEAR(normal / kDraws, 0, 5 / std::sqrt(kDraws));
  EXPECT_NEAR(squares / kDraws, 1, 5 * std::sqrt(2.0 / kDraws));
  for (const int count : below) EXPECT_NEAR(count, kDraws / 7.0, 5 * std::sqrt(kDraws / 7.0));
}

}  // namespace
}  // namespace hpsearch::strategy
