#include "server/strategy/gp_fit.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>
#include <utility>

#include "server/strategy/cholesky.h"
#include "server/strategy/lbfgs.h"

namespace hpsearch::strategy {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr int kEvaluations = 40;  // from each start
constexpr double kGain = 1e-4;    // of the logarithm: a step that gains less is the last

// Logarithms are normal about these. Lengths about the square root of the number of dimensions, as the distance of
// two points grows (Hvarfner, Hellsten and Nardi, "Vanilla Bayesian optimization performs great in high
// dimensions", 2024); the values' variance is 1 (gp_scale.h), and most of it is no noise.
struct Prior {
  double mean, deviation;
};
std::vector<Prior> Priors(std::size_t dimensions) {
  std::vector<Prior> priors(dimensions, {0.5 * std::log(static_cast<double>(dimensions)), 1});
  priors.push_back({0, 1});
  priors.push_back({std::log(1e-5), 3});
  return priors;
}

std::vector<Interval> Box(std::size_t dimensions) {
  std::vector<Interval> box(dimensions, {std::log(1e-2), std::log(1e2)});
  box.push_back({std::log(1e-2), std::log(1e2)});
  box.push_back({std::log(1e-7), 0});
  return box;
}

// A smooth function without noise, and one with much of it: between them there is often a hill.
std::vector<LogHyperparameters> Starts(std::size_t dimensions) {
  std::vector<LogHyperparameters> starts;
  for (const double noise : {1e-4, 1e-1}) {
    LogHyperparameters start(dimensions, std::log(0.3 * std::sqrt(static_cast<double>(dimensions))));
    start.push_back(0);
    start.push_back(std::log(noise));
    starts.push_back(std::move(start));
  }
  return starts;
}

}  // namespace

Hyperparameters Exponentials(std::span<const double> logs) {
  const std::size_t dimensions = logs.size() - 2;
  Hyperparameters made{.weights = std::vector<double>(dimensions)};
  for (std::size_t d = 0; d < dimensions; ++d) made.weights[d] = std::exp(-2 * logs[d]);
  made.signal = std::exp(logs[dimensions]);
  made.noise = std::exp(logs[dimensions + 1]);
  return made;
}

LogLikelihood MarginalLikelihood(const PointSet& points, std::span<const double> values,
                                 std::span<const double> logs) {
  const Hyperparameters at = Exponentials(logs);
  const std::size_t n = points.size(), dimensions = at.weights.size();
  std::vector<double> squared(n * n), matrix(n * n);
  LogLikelihood made{.gradient = std::vector<double>(logs.size())};
  // Point j with those before it: a row of the lower triangle; in `squared` one behind the other.
  for (std::size_t j = 0; j < n; ++j) {
    const std::span<double> column(&squared[j * n], j);
    points.SquaredDistances(j, at.weights, column);
    for (std::size_t i = 0; i < j; ++i) matrix[i * n + j] = at.signal * Matern(column[i]);
    matrix[j * n + j] = at.signal + at.noise;
  }
  const auto inverse = Invert(matrix, n);
  if (!inverse) {
    made.value = -kInfinity;
    return made;
  }
  // alpha = K^-1 (y - mean), the mean that makes it likeliest: 1' K^-1 y / 1' K^-1 1.
  const auto entry = [&](std::size_t i, std::size_t j) { return inverse->entries[i < j ? i * n + j : j * n + i]; };
  std::vector<double> alpha(n), ones(n);
  for (std::size_t j = 0; j < n; ++j)
    for (std::size_t i = 0; i < n; ++i) {
      alpha[i] += entry(i, j) * values[j];
      ones[i] += entry(i, j);
    }
  double of_values = 0, of_ones = 0;
  for (std::size_t i = 0; i < n; ++i) {
    of_values += alpha[i];
    of_ones += ones[i];
  }
  const double mean = of_values / of_ones;
  double fit = 0;
  for (std::size_t i = 0; i < n; ++i) {
    alpha[i] -= mean * ones[i];
    fit += alpha[i] * (values[i] - mean);
  }
  made.value = -0.5 * (fit + inverse->log_determinant + static_cast<double>(n) * std::log(2 * std::numbers::pi));
  // d/dt = 1/2 tr((alpha alpha' - K^-1) dK/dt); pairs count twice, the diagonal once.
  std::vector<double> pull(n), adds(n);
  for (std::size_t j = 0; j < n; ++j) {
    const double diagonal = alpha[j] * alpha[j] - inverse->entries[j * n + j];
    made.gradient[dimensions] += 0.5 * diagonal * at.signal;
    made.gradient[dimensions + 1] += 0.5 * diagonal * at.noise;
    double signal = 0;
    for (std::size_t i = 0; i < j; ++i) {
      const double pair = alpha[i] * alpha[j] - inverse->entries[i * n + j];
      signal += pair * matrix[i * n + j];
      pull[i] = pair * at.signal * MaternSlope(squared[j * n + i]);
    }
    made.gradient[dimensions] += signal;
    for (std::size_t d = 0; d < dimensions; ++d) {
      const std::span<double> column(adds.data(), j);
      std::ranges::fill(column, 0);
      points.AddDistances(d, j, -2 * at.weights[d], column);
      double sum = 0;
      for (std::size_t i = 0; i < j; ++i) sum += pull[i] * column[i];
      made.gradient[d] += sum;
    }
  }
  return made;
}

Hyperparameters FitHyperparameters(const PointSet& points, std::span<const double> values) {
  const std::size_t dimensions = points.cube().size();
  const std::vector<Prior> priors = Priors(dimensions);
  const std::vector<Interval> box = Box(dimensions);
  const SmoothFunction loss = [&](std::span<const double> logs, std::span<double> gradient) {
    const LogLikelihood likelihood = MarginalLikelihood(points, values, logs);
    double loss = -likelihood.value;
    for (std::size_t i = 0; i < logs.size(); ++i) {
      const double off = (logs[i] - priors[i].mean) / priors[i].deviation;
      loss += 0.5 * off * off;
      gradient[i] = -likelihood.gradient[i] + off / priors[i].deviation;
    }
    return loss;
  };
  std::vector<LogHyperparameters> starts = Starts(dimensions);
  Minimum best{.at = starts.front(), .value = kInfinity};
  for (LogHyperparameters& start : starts) {
    Minimum found = Minimize(loss, std::move(start), box, kEvaluations, kGain);
    if (found.value < best.value) best = std::move(found);
  }
  return Exponentials(best.at);
}

}  // namespace hpsearch::strategy
