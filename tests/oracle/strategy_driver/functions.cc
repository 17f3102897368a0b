#include "tests/oracle/strategy_driver/functions.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>

#include "server/strategy/draws.h"

namespace hpsearch::oracle {
namespace {

using std::numbers::pi;
using strategy::Coordinates;
using strategy::Cube;
using strategy::Dimension;

double In(double low, double high, double coordinate) { return low + (high - low) * coordinate; }

// Over [-5, 10] x [0, 15].
double Branin(const Coordinates& at) {
  const double x = In(-5, 10, at[0]), y = In(0, 15, at[1]);
  const double bent = y - 5.1 / (4 * pi * pi) * x * x + 5 / pi * x - 6;
  return bent * bent + 10 * (1 - 1 / (8 * pi)) * std::cos(x) + 10;
}

constexpr std::array<double, 4> kHartmannHeights = {1.0, 1.2, 3.0, 3.2};

template <std::size_t kDimensions>
double Hartmann(const Coordinates& at, const double (&widths)[4][kDimensions],
                const double (&places)[4][kDimensions]) {
  double sum = 0;
  for (std::size_t i = 0; i < 4; ++i) {
    double distance = 0;
    for (std::size_t j = 0; j < kDimensions; ++j) {
      const double apart = at[j] - places[i][j];
      distance += widths[i][j] * apart * apart;
    }
    sum -= kHartmannHeights[i] * std::exp(-distance);
  }
  return sum;
}

double Hartmann3(const Coordinates& at) {
  constexpr double kWidths[4][3] = {{3, 10, 30}, {0.1, 10, 35}, {3, 10, 30}, {0.1, 10, 35}};
  constexpr double kPlaces[4][3] = {
      {0.3689, 0.1170, 0.2673}, {0.4699, 0.4387, 0.7470}, {0.1091, 0.8732, 0.5547}, {0.0381, 0.5743, 0.8828}};
  return Hartmann(at, kWidths, kPlaces);
}

double Hartmann6(const Coordinates& at) {
  constexpr double kWidths[4][6] = {
      {10, 3, 17, 3.5, 1.7, 8}, {0.05, 10, 17, 0.1, 8, 14}, {3, 3.5, 1.7, 10, 17, 8}, {17, 8, 0.05, 10, 0.1, 14}};
  constexpr double kPlaces[4][6] = {{0.1312, 0.1696, 0.5569, 0.0124, 0.8283, 0.5886},
                                    {0.2329, 0.4135, 0.8307, 0.3736, 0.1004, 0.9991},
                                    {0.2348, 0.1451, 0.3522, 0.2883, 0.3047, 0.6650},
                                    {0.4047, 0.8828, 0.8732, 0.5743, 0.1091, 0.0381}};
  return Hartmann(at, kWidths, kPlaces);
}

// Over [-5, 10].
double Rosenbrock(const Coordinates& at) {
  double sum = 0;
  for (std::size_t i = 0; i + 1 < at.size(); ++i) {
    const double x = In(-5, 10, at[i]), next = In(-5, 10, at[i + 1]);
    sum += 100 * (next - x * x) * (next - x * x) + (x - 1) * (x - 1);
  }
  return sum;
}

// Over [-32.768, 32.768].
double Ackley(const Coordinates& at) {
  double squares = 0, waves = 0;
  for (const double coordinate : at) {
    const double x = In(-32.768, 32.768, coordinate);
    squares += x * x;
    waves += std::cos(2 * pi * x);
  }
  const auto n = static_cast<double>(at.size());
  return -20 * std::exp(-0.2 * std::sqrt(squares / n)) - std::exp(waves / n) + 20 + std::numbers::e;
}

// Over [-3, 3] x [-2, 2].
double SixHumpCamel(const Coordinates& at) {
  const double x = In(-3, 3, at[0]), y = In(-2, 2, at[1]);
  return (4 - 2.1 * x * x + x * x * x * x / 3) * x * x + x * y + (4 * y * y - 4) * y * y;
}

// Over [-10, 10].
double Levy(const Coordinates& at) {
  const auto w = [&](std::size_t i) { return 1 + (In(-10, 10, at[i]) - 1) / 4; };
  const double first = std::sin(pi * w(0)), last = w(at.size() - 1) - 1,
               wave = std::sin(2 * pi * w(at.size() - 1));
  double sum = first * first + last * last * (1 + wave * wave);
  for (std::size_t i = 0; i + 1 < at.size(); ++i) {
    const double sine = std::sin(pi * w(i) + 1);
    sum += (w(i) - 1) * (w(i) - 1) * (1 + 10 * sine * sine);
  }
  return sum;
}

// Over [-5, 5].
double StyblinskiTang(const Coordinates& at) {
  double sum = 0;
  for (const double coordinate : at) {
    const double x = In(-5, 5, coordinate);
    sum += (x * x * x * x - 16 * x * x + 5 * x) / 2;
  }
  return sum;
}

// Over [-5, 10].
double Zakharov(const Coordinates& at) {
  double squares = 0, sum = 0;
  for (std::size_t i = 0; i < at.size(); ++i) {
    const double x = In(-5, 10, at[i]);
    squares += x * x;
    sum += 0.5 * static_cast<double>(i + 1) * x;
  }
  return squares + sum * sum + sum * sum * sum * sum;
}

// Over [-10, 10].
double DixonPrice(const Coordinates& at) {
  double before = In(-10, 10, at[0]);
  double sum = (before - 1) * (before - 1);
  for (std::size_t i = 1; i < at.size(); ++i) {
    const double x = In(-10, 10, at[i]);
    const double apart = 2 * x * x - before;
    sum += static_cast<double>(i + 1) * apart * apart;
    before = x;
  }
  return sum;
}

// Griewank's, over [-500, 700], so that its minimum is not the middle.
double Griewank(const Coordinates& at) {
  double squares = 0, waves = 1;
  for (std::size_t i = 0; i < at.size(); ++i) {
    const double x = In(-500, 700, at[i]);
    squares += x * x / 4000;
    waves *= std::cos(x / std::sqrt(static_cast<double>(i + 1)));
  }
  return squares - waves + 1;
}

// Four kinds of optimizer, say, each with its own best rate; and eight levels of which the sixth is best.
double Mixed(const Coordinates& at) {
  const auto kind = static_cast<std::size_t>(at[0] * 4);
  const double level = std::floor(at[1] * 8);
  constexpr std::array<double, 4> kBest = {0.2, 0.7, 0.45, 0.9};
  constexpr std::array<double, 4> kFloor = {0.3, 0.0, 0.1, 0.6};
  const double rate = at[2] - kBest[kind], other = at[3] - 0.35;
  return kFloor[kind] + 4 * rate * rate + 2 * other * other + 0.02 * (level - 5) * (level - 5) + rate * other;
}

// A table of recorded results, as `simulate` has them: the nearest of 600 rows answers. A row's value is a bowl in
// a rate, whose best place depends on a category, with weak effects of the others, and noise of the row's own.
struct Row {
  Coordinates at;
  double value;
};

const Cube& RowsCube() {
  static const Cube cube = {{Dimension::Kind::kCategorical, 3}, {}, {}, {}, {},
                            {Dimension::Kind::kCategorical, 2}};
  return cube;
}

const std::vector<Row>& RowsOf() {
  static const auto* const rows = [] {
    auto* const made = new std::vector<Row>;
    for (int i = 0; i < 600; ++i) {
      strategy::Draws draws(600, strategy::Purpose::kRandom, i);
      Row row{Coordinates(6), 0};
      for (double& coordinate : row.at) coordinate = draws.Uniform();
      row.at[0] = (std::floor(row.at[0] * 3) + 0.5) / 3;
      row.at[5] = (std::floor(row.at[5] * 2) + 0.5) / 2;
      const double rate = row.at[1] - (row.at[5] < 0.5 ? 0.35 : 0.75), size = row.at[2] - 0.6;
      row.value = 3 * rate * rate + 0.2 * size * size + 0.1 * (1 - row.at[3]) + 0.05 * row.at[4] * row.at[4] +
                  (row.at[0] < 0.3 ? 0.15 : 0) + 0.04 * std::abs(draws.Normal());
      made->push_back(std::move(row));
    }
    return made;
  }();
  return *rows;
}

double Rows(const Coordinates& at) {
  const auto distance = [&](const Row& row) {
    double sum = 0;
    for (std::size_t i = 0; i < at.size(); ++i) sum += (row.at[i] - at[i]) * (row.at[i] - at[i]);
    return sum;
  };
  return std::ranges::min_element(RowsOf(), {}, distance)->value;
}

double LeastOfRows() { return std::ranges::min_element(RowsOf(), {}, &Row::value)->value; }

}  // namespace

const std::vector<Function>& Functions() {
  static const auto* const functions = new std::vector<Function>{
      {"branin", Cube(2), 0.39788735772973816, true, &Branin},
      {"hartmann3", Cube(3), -3.86277978733266, true, &Hartmann3},
      {"hartmann6", Cube(6), -3.32236801141551, true, &Hartmann6},
      {"rosenbrock5", Cube(5), 0, true, &Rosenbrock},
      {"ackley8", Cube(8), 0, true, &Ackley},
      {"camel", Cube(2), -1.031628453489877, false, &SixHumpCamel},
      {"levy4", Cube(4), 0, false, &Levy},
      {"styblinski3", Cube(3), -117.4984971113, false, &StyblinskiTang},
      {"styblinski6", Cube(6), -234.9969942226, false, &StyblinskiTang},
      {"zakharov4", Cube(4), 0, false, &Zakharov},
      {"dixon5", Cube(5), 0, false, &DixonPrice},
      {"griewank7", Cube(7), 0, false, &Griewank},
      {"mixed4", {{Dimension::Kind::kCategorical, 4}, {Dimension::Kind::kOrdinal, 8}, {}, {}}, 0, false, &Mixed},
      {"rows6", RowsCube(), LeastOfRows(), false, &Rows},
  };
  return *functions;
}

const Function* FindFunction(std::string_view name) {
  const auto found = std::ranges::find(Functions(), name, &Function::name);
  return found == Functions().end() ? nullptr : &*found;
}

}  // namespace hpsearch::oracle
