// The hyperparameters of the Gaussian process, by the marginal likelihood of what was observed, beside weak priors
// (Rasmussen and Williams, 5.4.1). Pure, deterministic; from any thread; no errors.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "server/strategy/gp_kernel.h"

namespace hpsearch::strategy {

struct Hyperparameters {
  std::vector<double> weights;  // of each dimension: 1 / length^2
  double signal = 1;            // variance
  double noise = 1e-6;          // variance
  bool operator==(const Hyperparameters&) const = default;
};

// As they are fitted: the logarithm of each length, then of signal and noise.
using LogHyperparameters = std::vector<double>;
Hyperparameters Exponentials(std::span<const double> logs);

struct LogLikelihood {
  double value = 0;
  std::vector<double> gradient;  // by the LogHyperparameters
};

// Of `values` at `points` under a process with the mean that makes it greatest. -infinity: the matrix is not
// positive definite to rounding.
LogLikelihood MarginalLikelihood(const PointSet& points, std::span<const double> values,
                                 std::span<const double> logs);

// The most likely ones that were found from fixed starts. Costs points.size()^3.
Hyperparameters FitHyperparameters(const PointSet& points, std::span<const double> values);

}  // namespace hpsearch::strategy
