#include "server/strategy/spread_order.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <set>
#include <vector>

#include "server/strategy/draws.h"

namespace hpsearch::strategy {
namespace {

using Sizes = std::vector<std::int64_t>;

std::vector<std::int64_t> LevelsOf(std::int64_t point, const Sizes& sizes) {
  std::vector<std::int64_t> levels(sizes.size());
  for (std::size_t axis = sizes.size(); axis-- > 0; point /= sizes[axis]) levels[axis] = point % sizes[axis];
  return levels;
}

// Up to six axes of up to twelve levels, at most 20,000 points.
Sizes AnySizes() {
  Sizes sizes;
  std::int64_t points = 1;
  const int axes = *rc::gen::inRange(0, 7);
  for (int i = 0; i < axes; ++i) {
    const std::int64_t size = *rc::gen::inRange<std::int64_t>(1, 13);
    if (points * size > 20'000) break;
    sizes.push_back(size);
    points *= size;
  }
  return sizes;
}

RC_GTEST_PROP(SpreadOrder, GoesOverEachPointOnceAndKnowsItsPlace, ()) {
  const SpreadOrder order(AnySizes());
  std::vector<bool> seen(static_cast<std::size_t>(order.size()));
  for (std::int64_t i = 0; i < order.size(); ++i) {
    const std::int64_t point = order.At(i);
    RC_ASSERT(point >= 0 && point < order.size());
    RC_ASSERT(!seen[static_cast<std::size_t>(point)]);
    seen[static_cast<std::size_t>(point)] = true;
    RC_ASSERT(order.Find(point) == i);
  }
}

RC_GTEST_PROP(SpreadOrder, VisitsTheLevelsOfEachAxisEquallyOften, ()) {
  const Sizes sizes = AnySizes();
  const SpreadOrder order(sizes);
  std::vector<std::vector<std::int64_t>> visits;
  for (const std::int64_t size : sizes) visits.emplace_back(static_cast<std::size_t>(size));
  for (std::int64_t i = 0; i < order.size(); ++i) {
    const std::vector<std::int64_t> levels = LevelsOf(order.At(i), sizes);
    for (std::size_t axis = 0; axis < sizes.size(); ++axis) {
      // As often as every level once and this one is behind.
      const std::int64_t before = visits[axis][static_cast<std::size_t>(levels[axis])]++;
      RC_ASSERT(before == i / sizes[axis]);
    }
  }
}

TEST(SpreadOrder, HoldsForTheLargestGrids) {
  constexpr std::int64_t kMost = std::numeric_limits<std::int64_t>::max();
  Draws draws(1, Purpose::kSpread, 0);
  for (const Sizes& sizes :
       {Sizes{kMost}, Sizes{3'037'000'499, 3'037'000'499}, Sizes{1'000'000'007, 9'000'000'011},
        Sizes{std::int64_t{1} << 31, std::int64_t{1} << 31}, Sizes(62, 2)}) {
    const SpreadOrder order(sizes);
    for (int i = 0; i < 1000; ++i) {
      const std::int64_t index = i < 500 ? i : draws.Below(order.size());
      const std::int64_t point = order.At(index);
      ASSERT_GE(point, 0);
      ASSERT_LT(point, order.size());
      ASSERT_EQ(order.Find(point), index);
    }
  }
}

TEST(SpreadOrder, BeginsInTheMiddle) {
  EXPECT_EQ(SpreadOrder({5, 7, 3}).At(0), (2 * 7 + 3) * 3 + 1);
  EXPECT_EQ(SpreadOrder({1001}).At(0), 500);
}

// Of an axis, the widest gap between what was visited and its neighbours or the ends: coarse before fine.
TEST(SpreadOrder, GoesFromFarToNear) {
  for (const std::int64_t size : {std::int64_t{64}, std::int64_t{1000}, std::int64_t{1'000'003}}) {
    const SpreadOrder order({size});
    std::set<std::int64_t> visited = {-1, size};
    for (std::int64_t n = 1; n <= 60; ++n) {
      visited.insert(order.At(n - 1));
      std::int64_t widest = 0;
      for (auto level = visited.begin(); std::next(level) != visited.end(); ++level) {
        widest = std::max(widest, *std::next(level) - *level);
      }
      // Evenly laid out, gaps would be of size / (n + 1).
      EXPECT_LE(static_cast<double>(widest), 3 * static_cast<double>(size) / static_cast<double>(n + 1) + 1)
          << size << " after " << n;
    }
  }
}

// Hickernell, "A generalized discrepancy and quadrature error bound", 1998: the centered one, squared.
double Discrepancy(const std::vector<std::vector<double>>& points) {
  const auto count = static_cast<double>(points.size());
  double singles = 0, pairs = 0;
  for (const auto& one : points) {
    double product = 1;
    for (const double x : one) product *= 1 + std::abs(x - 0.5) / 2 - (x - 0.5) * (x - 0.5) / 2;
    singles += product;
    for (const auto& other : points) {
      product = 1;
      for (std::size_t i = 0; i < one.size(); ++i) {
        product *= 1 + std::abs(one[i] - 0.5) / 2 + std::abs(other[i] - 0.5) / 2 - std::abs(one[i] - other[i]) / 2;
      }
      pairs += product;
    }
  }
  return std::pow(13.0 / 12, points[0].size()) - 2 / count * singles + pairs / count / count;
}

// Of the first n points: how evenly they lie, and the part of what pairs of levels they could have met at most.
struct Cover {
  double discrepancy = 0;
  double pairs = 0;
};

template <typename At>
Cover CoverOf(const Sizes& sizes, std::int64_t n, const At& at) {
  std::vector<std::vector<double>> points;
  std::set<std::vector<std::int64_t>> met;
  for (std::int64_t i = 0; i < n; ++i) {
    const std::vector<std::int64_t> levels = LevelsOf(at(i), sizes);
    std::vector<double>& point = points.emplace_back();
    for (std::size_t a = 0; a < sizes.size(); ++a) {
      point.push_back((static_cast<double>(levels[a]) + 0.5) / static_cast<double>(sizes[a]));
      for (std::size_t b = 0; b < a; ++b) {
        met.insert({static_cast<std::int64_t>(a), static_cast<std::int64_t>(b), levels[a], levels[b]});
      }
    }
  }
  double most = 0;
  for (std::size_t a = 0; a < sizes.size(); ++a) {
    for (std::size_t b = 0; b < a; ++b) most += static_cast<double>(std::min(n, sizes[a] * sizes[b]));
  }
  return {Discrepancy(points), static_cast<double>(met.size()) / most};
}

TEST(SpreadOrder, CoversAGridBetterThanAtRandomAndInTheProductOrder) {
  for (const Sizes& sizes : {Sizes{4, 4, 3}, Sizes{5, 5, 5}, Sizes{10, 12, 6}, Sizes{7, 9, 8, 6}, Sizes{64, 64},
                             Sizes{20, 30, 40}, Sizes{3, 3, 3, 3, 3, 3}, Sizes{100, 100, 100}, Sizes{97, 89}}) {
    const SpreadOrder order(sizes);
    for (const std::int64_t n : {8, 16, 32, 64, 128}) {
      if (n > order.size() / 2) break;
      const Cover spread = CoverOf(sizes, n, [&](std::int64_t i) { return order.At(i); });
      const Cover product = CoverOf(sizes, n, [](std::int64_t i) { return i; });
      Cover random;  // the mean of some
      constexpr int kRandom = 10;
      for (int seed = 0; seed < kRandom; ++seed) {
        Draws draws(static_cast<std::uint64_t>(seed), Purpose::kSpread, n);
        std::set<std::int64_t> taken;
        const Cover one = CoverOf(sizes, n, [&](std::int64_t /*i*/) {
          std::int64_t point = 0;
          while (!taken.insert(point = draws.Below(order.size())).second) continue;
          return point;
        });
        random.discrepancy += one.discrepancy / kRandom;
        random.pairs += one.pairs / kRandom;
      }
      EXPECT_LT(spread.discrepancy, random.discrepancy) << testing::PrintToString(sizes) << " " << n;
      EXPECT_LT(spread.discrepancy, product.discrepancy) << testing::PrintToString(sizes) << " " << n;
      EXPECT_GE(spread.pairs, 0.9 * random.pairs) << testing::PrintToString(sizes) << " " << n;
    }
  }
}

}  // namespace
}  // namespace hpsearch::strategy
