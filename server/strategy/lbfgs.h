// The least value of a smooth function in a box: L-BFGS (Nocedal, "Updating quasi-Newton matrices with limited
// storage", 1980), steps projected into the box, coordinates that lean against a wall left out of a step. A fixed
// order of sums; pure but for the function; no errors.
#pragma once

#include <cstddef>
#include <functional>
#include <span>
#include <vector>

namespace hpsearch::strategy {

// The value at x, and into `gradient` its derivatives. Infinity: no place to be.
using SmoothFunction = std::function<double(std::span<const double> x, std::span<double> gradient)>;

struct Interval {
  double low = 0, high = 0;
};

struct Minimum {
  std::vector<double> at;
  double value = 0;
};

// From `start`, which lies in the box and where the function is finite. Ends after so many evaluations, or where a
// step gains less than `gain`.
Minimum Minimize(const SmoothFunction& function, std::vector<double> start, std::span<const Interval> box,
                 int evaluations, double gain);

}  // namespace hpsearch::strategy
