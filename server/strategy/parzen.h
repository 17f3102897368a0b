// A density over the unit cube from weighted points, one kernel each (Parzen, "On estimation of a probability
// density function and mode", 1962), and an even one over the whole cube, the prior. A kernel is a product over
// dimensions: of continuous ones a normal density cut off at the cube's sides, of ordinal ones its mass over a
// level, of categorical ones its own level's share above all others'. Densities are relative to the even one.
//
// Widths: a share of how far the points (and the prior) scatter along the dimension, that shrinks with their
// number as Scott has it ("Multivariate density estimation", 1992). So where points crowd, so do the next; this is
// what decides how good the search is (Watanabe, "Tree-structured Parzen estimator: understanding its algorithm
// components and their roles for better empirical performance", 2023).
//
// A point without a coordinate (conditions left it out) says nothing on that dimension: its kernel is even there.
// Immutable; borrows nothing. Sums run in the order of the points. No errors.
#pragma once

#include <cstdint>
#include <vector>

#include "server/strategy/cube.h"
#include "server/strategy/draws.h"

namespace hpsearch::strategy {

class Parzen {
 public:
  struct Point {
    const Coordinates* at;  // settled; copied
    double weight;          // above 0
  };
  Parzen(const Cube& cube, const std::vector<Point>& points);

  // A point drawn from it, not settled: a coordinate in each dimension.
  Coordinates Draw(Draws& draws) const;
  // Of a settled point; over the dimensions in which it has coordinates.
  double LogDensity(const Coordinates& at) const;

 private:
  // Of one dimension, all kernels.
  struct Side {
    Dimension dimension;
    std::vector<double> centers;  // kAbsent: an even kernel
    double width = 0;             // of continuous and ordinal ones
    // To subtract of a kernel's logarithm: of the part that lies within the cube.
    std::vector<double> log_inside;
    // By the distance in levels, before that is subtracted: the logarithm of a level's density.
    std::vector<double> log_levels;
  };
  void SetWidth(Side& side) const;
  void AddTo(std::vector<double>& logs, const Side& side, double coordinate) const;

  std::vector<double> weights_;  // of the points, then of the prior: 1 together
  std::vector<Side> sides_;
};

}  // namespace hpsearch::strategy
