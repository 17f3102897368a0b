#include "server/strategy/parzen.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>

namespace hpsearch::strategy {
namespace {

// Chosen on functions that strategies are not compared on (tests/oracle/strategy_driver/functions.cc).
constexpr double kPriorWeight = 2;  // in points
constexpr double kWidthShare = 0.5;
constexpr double kLeastWidth = 0.01;
constexpr double kLeastLevels = 0.3;  // a width in levels
// From so many levels on a level is taken for the point in its middle.
constexpr std::int64_t kManyLevels = 1024;
constexpr int kTries = 100;

double NormalBelow(double z) { return std::erfc(-z / std::numbers::sqrt2) / 2; }

std::int64_t LevelOf(const Dimension& dimension, double coordinate) {
  const auto level = static_cast<std::int64_t>(coordinate * static_cast<double>(dimension.levels));
  return std::clamp<std::int64_t>(level, 0, dimension.levels - 1);
}

bool IsByLevels(const Dimension& dimension) {
  return dimension.kind == Dimension::Kind::kOrdinal && dimension.levels <= kManyLevels;
}

}  // namespace

Parzen::Parzen(const Cube& cube, const std::vector<Point>& points) {
  double sum = 0;
  for (const Point& point : points) sum += point.weight;
  const double unit = sum / static_cast<double>(points.size());  // a mean point's
  for (const Point& point : points) weights_.push_back(point.weight / (sum + kPriorWeight * unit));
  weights_.push_back(points.empty() ? 1 : kPriorWeight * unit / (sum + kPriorWeight * unit));

  for (std::size_t i = 0; i < cube.size(); ++i) {
    Side side{.dimension = cube[i], .centers = {}, .log_inside = {}, .log_levels = {}};
    for (const Point& point : points) side.centers.push_back((*point.at)[i]);
    sides_.push_back(std::move(side));
  }
  for (Side& side : sides_) SetWidth(side);
}

void Parzen::SetWidth(Side& side) const {
  if (side.dimension.kind == Dimension::Kind::kCategorical) {
    // Each level as if it had been seen once more by all kernels together.
    const double share = 1 / static_cast<double>(weights_.size());
    const auto levels = static_cast<double>(side.dimension.levels);
    const double log_all = std::log(1 + levels * share);
    side.log_levels = {std::log((1 + share) * levels) - log_all, std::log(share * levels) - log_all};
    return;
  }
  // The mean and scatter of those that have a coordinate, and of the prior.
  double sum = 0, squares = 0, mean = 0;
  for (std::size_t i = 0; i < side.centers.size(); ++i) {
    if (IsAbsent(side.centers[i])) continue;
    sum += weights_[i];
    squares += weights_[i] * weights_[i];
    mean += weights_[i] * side.centers[i];
  }
  side.width = 1;
  if (sum > 0) {
    mean /= sum;
    const double prior = weights_.back();
    double scatter = prior * (1.0 / 12 + (mean - 0.5) * (mean - 0.5));
    for (std::size_t i = 0; i < side.centers.size(); ++i) {
      const double apart = side.centers[i] - mean;
      if (!IsAbsent(apart)) scatter += weights_[i] * apart * apart;
    }
    const double count = sum * sum / squares;  // of equal weight
    side.width = kWidthShare * std::sqrt(scatter / (sum + prior)) *
                 std::pow(count, -1 / (static_cast<double>(sides_.size()) + 4));
  }
  side.width = std::max(side.width, kLeastWidth);
  const auto levels = static_cast<double>(side.dimension.levels);
  if (side.dimension.kind == Dimension::Kind::kOrdinal) side.width = std::max(side.width, kLeastLevels / levels);

  for (const double center : side.centers) {
    const double inside = NormalBelow((1 - center) / side.width) - NormalBelow(-center / side.width);
    side.log_inside.push_back(IsAbsent(center) ? 0 : std::log(inside));
  }
  if (!IsByLevels(side.dimension)) return;
  for (std::int64_t away = 0; away < side.dimension.levels; ++away) {
    const double middle = static_cast<double>(away) / levels;
    // The far side of the bell, where differences keep their digits.
    const double mass =
        NormalBelow((0.5 / levels - middle) / side.width) - NormalBelow((-0.5 / levels - middle) / side.width);
    side.log_levels.push_back(std::log(std::max(mass * levels, std::numeric_limits<double>::min())));
  }
}

Coordinates Parzen::Draw(Draws& draws) const {
  std::size_t kernel = 0;
  for (double left = draws.Uniform() - weights_[0]; left >= 0 && kernel + 1 < weights_.size();) {
    left -= weights_[++kernel];
  }
  Coordinates at;
  for (const Side& side : sides_) {
    double& coordinate = at.emplace_back(draws.Uniform());
    if (kernel + 1 == weights_.size() || IsAbsent(side.centers[kernel])) continue;
    if (side.dimension.kind == Dimension::Kind::kCategorical) {
      // What is above the even share goes to the kernel's own level.
      const double even = std::exp(side.log_levels[1]);
      if (draws.Uniform() >= even) coordinate = side.centers[kernel];
      continue;
    }
    for (int i = 0; i < kTries; ++i) {
      const double drawn = side.centers[kernel] + side.width * draws.Normal();
      if (drawn >= 0 && drawn < 1) {
        coordinate = drawn;
        break;
      }
    }
  }
  return at;
}

void Parzen::AddTo(std::vector<double>& logs, const Side& side, double coordinate) const {
  const std::size_t kernels = side.centers.size();
  if (side.dimension.kind == Dimension::Kind::kCategorical || IsByLevels(side.dimension)) {
    const bool ordered = side.dimension.kind == Dimension::Kind::kOrdinal;
    const std::int64_t level = LevelOf(side.dimension, coordinate);
    for (std::size_t i = 0; i < kernels; ++i) {
      if (IsAbsent(side.centers[i])) continue;
      const std::int64_t away = std::abs(LevelOf(side.dimension, side.centers[i]) - level);
      logs[i] += ordered ? side.log_levels[static_cast<std::size_t>(away)] - side.log_inside[i]
                         : side.log_levels[away == 0 ? 0 : 1];
    }
    return;
  }
  const double log_peak = -std::log(side.width) - std::log(2 * std::numbers::pi) / 2;
  const double per_width = 1 / side.width;
  for (std::size_t i = 0; i < kernels; ++i) {
    const double z = (coordinate - side.centers[i]) * per_width;
    if (!IsAbsent(z)) logs[i] += log_peak - z * z / 2 - side.log_inside[i];
  }
}

double Parzen::LogDensity(const Coordinates& at) const {
  std::vector<double> logs;
  for (const double weight : weights_) logs.push_back(std::log(weight));
  for (std::size_t i = 0; i < sides_.size(); ++i) {
    if (!IsAbsent(at[i])) AddTo(logs, sides_[i], at[i]);
  }
  const double most = *std::ranges::max_element(logs);
  double sum = 0;
  for (const double log : logs) sum += std::exp(log - most);
  return most + std::log(sum);
}

}  // namespace hpsearch::strategy
