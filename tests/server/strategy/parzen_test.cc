#include "server/strategy/parzen.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

namespace hpsearch::strategy {
namespace {

using Kind = Dimension::Kind;

const Cube& MixedCube() {
  static const Cube cube = {{.kind = Kind::kCategorical, .levels = 3},
                            {.kind = Kind::kOrdinal, .levels = 4},
                            {.kind = Kind::kContinuous}};
  return cube;
}

constexpr int kSteps = 50;

// The density's mean over each of 3 by 4 by 50 cells; they add up to what the whole cube has.
std::vector<double> Masses(const Parzen& parzen) {
  constexpr int kPoints = 20;  // in a cell of the continuous dimension
  std::vector<double> masses;
  for (int a = 0; a < 3; ++a) {
    for (int b = 0; b < 4; ++b) {
      for (int c = 0; c < kSteps; ++c) {
        double& mass = masses.emplace_back(0);
        for (int point = 0; point < kPoints; ++point) {
          const double x = (c + (point + 0.5) / kPoints) / kSteps;
          mass += std::exp(parzen.LogDensity({(a + 0.5) / 3, (b + 0.5) / 4, x})) / kPoints / (3 * 4 * kSteps);
        }
      }
    }
  }
  return masses;
}

std::vector<double> Drawn(const Parzen& parzen, int count) {
  std::vector<double> masses(3 * 4 * kSteps);
  Draws draws(5, Purpose::kTpe, 1);
  for (int i = 0; i < count; ++i) {
    const Coordinates at = parzen.Draw(draws);
    const auto cell = (static_cast<std::size_t>(at[0] * 3) * 4 + static_cast<std::size_t>(at[1] * 4)) * kSteps +
                      static_cast<std::size_t>(at[2] * kSteps);
    masses.at(cell) += 1.0 / count;
  }
  return masses;
}

// The density is what is drawn from, and 1 altogether: at the cube's sides, and with coordinates left out.
TEST(Parzen, DrawsWhatItsDensitySays) {
  const std::vector<Coordinates> points = {
      {0.5 / 3, 0.5 / 4, 0.02}, {2.5 / 3, 1.5 / 4, 0.97}, {2.5 / 3, kAbsent, 0.6}, {1.5 / 3, 3.5 / 4, kAbsent}};
  const Parzen parzen(MixedCube(), {{&points[0], 3}, {&points[1], 2}, {&points[2], 1}, {&points[3], 1}});
  const std::vector<double> masses = Masses(parzen);
  constexpr int kDraws = 200'000;
  const std::vector<double> drawn = Drawn(parzen, kDraws);
  double sum = 0, chi_square = 0;
  for (std::size_t i = 0; i < masses.size(); ++i) {
    sum += masses[i];
    chi_square += (drawn[i] - masses[i]) * (drawn[i] - masses[i]) / masses[i] * kDraws;
  }
  EXPECT_NEAR(sum, 1, 1e-3);
  // Its mean is the number of cells, its standard deviation the root of twice that.
  const auto cells = static_cast<double>(masses.size());
  EXPECT_LT(chi_square, cells + 5 * std::sqrt(2 * cells));
}

TEST(Parzen, IsEvenWithoutPoints) {
  const Parzen parzen(MixedCube(), {});
  EXPECT_NEAR(parzen.LogDensity({0.5 / 3, 1.5 / 4, 0.3}), 0, 1e-12);
}

TEST(Parzen, NarrowsWherePointsCrowd) {
  const Cube cube(1);
  const auto density = [&](double apart, std::size_t count) {
    std::vector<Coordinates> points;
    for (std::size_t i = 0; i < count; ++i) points.push_back({0.5 + apart * (static_cast<double>(i % 2) - 0.5)});
    std::vector<Parzen::Point> weighted;
    for (const Coordinates& at : points) weighted.push_back({&at, 1});
    return Parzen(cube, weighted).LogDensity({0.5});
  };
  EXPECT_GT(density(0.02, 20), density(0.4, 20) + 0.5);
  EXPECT_GT(density(0.02, 100), density(0.02, 10) + 0.5);
}

// A kernel without a coordinate is even there; a point without one is judged by the others alone.
TEST(Parzen, LeavesAbsentCoordinatesOut) {
  const Cube cube(2);
  const Coordinates only_first = {0.2, kAbsent};
  const Parzen parzen(cube, {{&only_first, 1}});
  EXPECT_DOUBLE_EQ(parzen.LogDensity({0.2, 0.1}), parzen.LogDensity({0.2, 0.9}));
  EXPECT_DOUBLE_EQ(parzen.LogDensity({0.2, 0.1}), parzen.LogDensity({0.2, kAbsent}));
  EXPECT_GT(parzen.LogDensity({0.2, 0.1}), parzen.LogDensity({0.9, 0.1}) + 0.5);
}

}  // namespace
}  // namespace hpsearch::strategy
