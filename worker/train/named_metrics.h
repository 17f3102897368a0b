// What `training.metrics` asks for beside loss and error, over the rows of one part of an epoch, as Keras and
// sklearn define it:
//   accuracy    the fraction of rows whose prediction is the label (Keras's SparseCategoricalAccuracy,
//   BinaryAccuracy) top5_error  the fraction of rows of which five or more logits are larger than the label's,
//   that is 1 - Keras's
//               SparseTopKCategoricalAccuracy(k=5): of equal ones the label's is the first; a label whose logit is
//               not finite is not among the five
//   mae, rmse   the mean of |x - y|, the root of the mean of (x - y)^2
//   r2          1 - sum (x - y)^2 / sum (y - mean y)^2 over the whole part (sklearn's r2_score): where the targets
//   are
//               all the same, 1 if every prediction is right, else 0
// Of the training part they are taken of the batches as the epoch ran, like the loss: dropout on, of weights that
// change from step to step; r2's second sum is that of all its targets.
//
// Sums are in double, row after row, so that they have the same bits from every instruction set. Threads: one
// epoch, one thread. Ownership: borrows what it is asked for. No errors; Values alone allocates.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "server/model/metric.h"
#include "worker/nn/loss.h"

namespace hpsearch::train {

// sum (y - mean y)^2 over those rows, which are some.
double SpreadOf(std::span<const float> targets, std::span<const std::uint32_t> rows);

// What the rows so far add up to: all that there is between two batches.
struct NamedSums {
  std::int64_t rows = 0;
  std::int64_t mistakes = 0;
  std::int64_t beyond_top5 = 0;
  double absolute = 0;
  double squared = 0;
};

class NamedMetrics {
 public:
  // `spread`: of the part's targets, read for r2 alone.
  NamedMetrics(std::span<const model::Metric> wanted, std::int64_t units, double spread);

  // `outputs` is rows x units: logits, or one number a row; `loss` what the batch came to.
  void Add(const float* outputs, const nn::Targets& targets, const nn::LossSum& loss, std::int64_t rows);
  // In the order of what was asked for. Requires: there were rows.
  std::vector<double> Values() const;
  const NamedSums& sums() const { return sums_; }
  void set_sums(const NamedSums& sums) { sums_ = sums; }  // to go on from there

 private:
  double ValueOf(model::Metric metric) const;

  const std::span<const model::Metric> wanted_;
  const std::int64_t units_;
  const double spread_;
  bool top5_ = false;
  bool distances_ = false;
  NamedSums sums_;
};

}  // namespace hpsearch::train
