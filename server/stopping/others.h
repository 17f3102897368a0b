// What the trials of a study that were trained to their end reached behind each epoch: what a trial is compared
// with. Values of an epoch are kept sorted, so that any quantile is at hand; 8 bytes an epoch of each trial.
//
// A value, changed and read by one thread at a time. No errors.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace hpsearch::stopping {

class Others {
 public:
  // A whole curve: the metric of epoch n at n - 1. What is not finite is left out. So are the first `known`
  // epochs, which came with a shorter curve of the same training; where there are any, it is no further trial.
  void Add(std::span<const double> curve, std::size_t known = 0);

  std::int64_t trials() const { return trials_; }
  // Ascending.
  std::span<const double> At(std::int64_t epoch) const;

 private:
  std::int64_t trials_ = 0;
  std::vector<std::vector<double>> sorted_;  // of epoch n at n - 1
};

// numpy.percentile of sorted values, linearly between two of them, with its bits. Requires: values, and a
// percentile from 0 to 100.
double Percentile(std::span<const double> sorted, double percentile);

}  // namespace hpsearch::stopping
