// What a Gaussian process says of points that were not tried, given those that were (Rasmussen and Williams,
// algorithm 2.1). Behind the observed points stand those under way: they take away the uncertainty round them and
// leave the mean alone, as if each had come out just as expected (Ginsbourger, Le Riche and Carraro, "Kriging is
// well-suited to parallelize optimization", 2010: kriging believer).
//
// One owner, one thread at a time. Adding a point costs the square of their number. No errors.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "server/strategy/cholesky.h"
#include "server/strategy/gp_fit.h"
#include "server/strategy/gp_kernel.h"

namespace hpsearch::strategy {

class Posterior {
 public:
  Posterior(const Cube& cube, Hyperparameters hyperparameters);

  const Hyperparameters& hyperparameters() const { return hyperparameters_; }
  std::size_t size() const { return points_.size(); }
  void Truncate(std::size_t size);  // forgets the points from `size` on
  void Add(const Coordinates& at);  // settled
  // What was observed at the first values.size() points, at least one; the others are under way. Returns the mean
  // at each of these.
  std::vector<double> Observe(std::span<const double> values);

  double Mean(const Coordinates& at) const;

  struct Belief {
    double mean = 0;
    double deviation = 0;  // of the function itself, without the noise
  };
  // Of many points, one after the other in `points`.
  std::vector<Belief> At(std::span<const Coordinates> points) const;
  // Of one, with derivatives by each coordinate; 0 by categorical and absent ones.
  Belief At(const Coordinates& at, std::span<double> mean_gradient, std::span<double> deviation_gradient) const;

 private:
  double Variance(double taken) const;

  Hyperparameters hyperparameters_;
  PointSet points_;
  CholeskyFactor factor_;
  std::vector<double> alpha_;  // K^-1 (y - mean) of the observed
  double mean_ = 0;
};

}  // namespace hpsearch::strategy
