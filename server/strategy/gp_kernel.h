// How alike the Gaussian process takes two points of the cube to be: the Matern 5/2 kernel of a distance to which
// each dimension adds with a weight of its own (Rasmussen and Williams, "Gaussian processes for machine learning",
// 2006, 4.2 and 5.1: automatic relevance determination; a weight is 1 / length^2).
//
// What a dimension adds, before its weight:
//   continuous and ordinal   the square of the coordinates' difference
//   categorical              1 where the levels differ (Hamming), 0 where not
//   an absent coordinate     is a level of its own; of a numeric dimension it is a place beside the axis, from
//   whose
//                            ends it is 1 and from whose middle sqrt(3/4) away: nearly as far from all values
// All of these are distances between places of a Euclidean space, so that the kernel is positive definite.
//
// Values; a PointSet has one owner, const access from any thread. No errors.
#pragma once

#include <cmath>
#include <cstddef>
#include <span>
#include <vector>

#include "server/strategy/cube.h"

namespace hpsearch::strategy {

// Matern 5/2 of a squared distance, and its derivative by the squared distance.
inline double Matern(double squared) {
  const double scaled = std::sqrt(5 * squared);
  return (1 + scaled + scaled * scaled / 3) * std::exp(-scaled);
}
inline double MaternSlope(double squared) {
  const double scaled = std::sqrt(5 * squared);
  return -5.0 / 6 * (1 + scaled) * std::exp(-scaled);
}

// Points as the kernel sees them, dimension by dimension.
class PointSet {
 public:
  explicit PointSet(const Cube& cube) : cube_(cube), along_(cube.size()), beside_(cube.size()) {}

  std::size_t size() const { return size_; }
  const Cube& cube() const { return cube_; }
  void Add(const Coordinates& at);
  void Truncate(std::size_t size);  // forgets the points from `size` on

  // The weighted squared distances to the first out.size() points, from a point of the cube or from one of them.
  void SquaredDistances(const Coordinates& at, std::span<const double> weights, std::span<double> out) const;
  void SquaredDistances(std::size_t point, std::span<const double> weights, std::span<double> out) const;
  // What one dimension adds to these, times `weight`.
  void AddDistances(std::size_t dimension, std::size_t point, double weight, std::span<double> out) const;
  // Of a numeric dimension: where the points stand on its axis, absent ones at its middle.
  std::span<const double> Along(std::size_t dimension) const { return along_[dimension]; }

 private:
  // Where a coordinate stands: along the axis, or as a level (-1: absent); and how far beside it.
  struct Spot {
    double along = 0, beside = 0;
  };
  Spot SpotOf(std::size_t dimension, double at) const;
  Spot SpotOfPoint(std::size_t dimension, std::size_t point) const;
  void AddDistances(std::size_t dimension, Spot from, double weight, std::span<double> out) const;

  Cube cube_;
  std::size_t size_ = 0;
  std::vector<std::vector<double>> along_, beside_;  // by dimension; of a point each
};

}  // namespace hpsearch::strategy
