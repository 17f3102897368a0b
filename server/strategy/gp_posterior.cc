#include "server/strategy/gp_posterior.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace hpsearch::strategy {

Posterior::Posterior(const Cube& cube, Hyperparameters hyperparameters)
    : hyperparameters_(std::move(hyperparameters)), points_(cube) {}

void Posterior::Truncate(std::size_t size) {
  points_.Truncate(size);
  factor_.Truncate(size);
}

void Posterior::Add(const Coordinates& at) {
  const std::size_t n = size();
  std::vector<double> row(n + 1);
  points_.SquaredDistances(at, hyperparameters_.weights, std::span(row.data(), n));
  for (std::size_t i = 0; i < n; ++i) row[i] = hyperparameters_.signal * Matern(row[i]);
  row[n] = hyperparameters_.signal + hyperparameters_.noise;
  factor_.Append(row);
  points_.Add(at);
}

std::vector<double> Posterior::Observe(std::span<const double> values) {
  const std::size_t n = values.size();
  alpha_.assign(values.begin(), values.end());
  std::vector<double> ones(n, 1.0);
  factor_.SolveLower(alpha_);
  factor_.SolveUpper(alpha_);
  factor_.SolveLower(ones);
  factor_.SolveUpper(ones);
  double of_values = 0, of_ones = 0;
  for (std::size_t i = 0; i < n; ++i) {
    of_values += alpha_[i];
    of_ones += ones[i];
  }
  mean_ = of_values / of_ones;
  for (std::size_t i = 0; i < n; ++i) alpha_[i] -= mean_ * ones[i];
  // K alpha without the noise's share is what K alpha = y - mean leaves of y.
  std::vector<double> means(n);
  for (std::size_t i = 0; i < n; ++i) means[i] = values[i] - hyperparameters_.noise * alpha_[i];
  return means;
}

double Posterior::Mean(const Coordinates& at) const {
  std::vector<double> row(alpha_.size());
  points_.SquaredDistances(at, hyperparameters_.weights, row);
  double mean = mean_;
  for (std::size_t i = 0; i < row.size(); ++i) mean += alpha_[i] * hyperparameters_.signal * Matern(row[i]);
  return mean;
}

// What is left of the signal; rounding may have taken more than all of it.
double Posterior::Variance(double taken) const {
  return std::max(hyperparameters_.signal - taken, 1e-12 * hyperparameters_.signal);
}

std::vector<Posterior::Belief> Posterior::At(std::span<const Coordinates> points) const {
  const std::size_t n = size();
  std::vector<double> columns(n * points.size());
  std::vector<Belief> beliefs(points.size());
  for (std::size_t k = 0; k < points.size(); ++k) {
    const std::span<double> column(&columns[k * n], n);
    points_.SquaredDistances(points[k], hyperparameters_.weights, column);
    for (double& entry : column) entry = hyperparameters_.signal * Matern(entry);
    beliefs[k].mean = mean_;
    for (std::size_t i = 0; i < alpha_.size(); ++i) beliefs[k].mean += alpha_[i] * column[i];
  }
  factor_.SolveLowerColumns(columns);
  for (std::size_t k = 0; k < points.size(); ++k) {
    double taken = 0;
    for (std::size_t i = 0; i < n; ++i) taken += columns[k * n + i] * columns[k * n + i];
    beliefs[k].deviation = std::sqrt(Variance(taken));
  }
  return beliefs;
}

Posterior::Belief Posterior::At(const Coordinates& at, std::span<double> mean_gradient,
                                std::span<double> deviation_gradient) const {
  const std::size_t n = size();
  std::vector<double> solved(n), slopes(n);
  points_.SquaredDistances(at, hyperparameters_.weights, solved);
  Belief belief{.mean = mean_};
  for (std::size_t i = 0; i < n; ++i) {
    slopes[i] = 2 * hyperparameters_.signal * MaternSlope(solved[i]);
    solved[i] = hyperparameters_.signal * Matern(solved[i]);
  }
  for (std::size_t i = 0; i < alpha_.size(); ++i) belief.mean += alpha_[i] * solved[i];
  factor_.SolveLower(solved);
  double taken = 0;
  for (const double entry : solved) taken += entry * entry;
  belief.deviation = std::sqrt(Variance(taken));
  factor_.SolveUpper(solved);
  for (std::size_t d = 0; d < at.size(); ++d) {
    mean_gradient[d] = deviation_gradient[d] = 0;
    if (IsAbsent(at[d]) || points_.cube()[d].kind == Dimension::Kind::kCategorical) continue;
    const std::span<const double> along = points_.Along(d);
    double by_mean = 0, by_taken = 0;
    for (std::size_t i = 0; i < n; ++i) {
      const double slope = slopes[i] * (at[d] - along[i]);
      if (i < alpha_.size()) by_mean += alpha_[i] * slope;
      by_taken += solved[i] * slope;
    }
    mean_gradient[d] = hyperparameters_.weights[d] * by_mean;
    deviation_gradient[d] = -hyperparameters_.weights[d] * by_taken / belief.deviation;
  }
  return belief;
}

}  // namespace hpsearch::strategy
