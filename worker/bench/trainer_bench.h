// The rate at which one core trains, beside the rate that the matrix products of its steps alone would allow
// (nn/roofline.h), measured in turn in one process.
//
// A turn is an epoch of train::Trainer: whole batches, shuffled and gathered as in any training, and one row that
// validates; then as many steps of the roofline. The processor time of the calling thread counts, not the clock's,
// so that busy neighbours cost less; on a quiet machine the two are the same.
//
// Threads: the caller's becomes a training thread (train::UseOneThread). Errors: INVALID_ARGUMENT (a batch that
// the data cannot fill), INTERNAL (the training diverged; oneDNN's own words), and what the trainer and the
// roofline return.
#pragma once

#include <cstdint>
#include <memory>

#include "absl/status/statusor.h"
#include "worker/bench/bench_model.h"
#include "worker/data/dataset.h"

namespace hpsearch::bench {

struct TrainerRates {
  double samples_per_second = 0;           // trained samples; the median of the turns
  double roofline_samples_per_second = 0;  // the median of the turns
  double roofline_gflops = 0;              // at which the products ran
  double Fraction() const { return samples_per_second / roofline_samples_per_second; }
};

// After one turn that is not timed, `turns` that are.
absl::StatusOr<TrainerRates> BenchTrainer(const BenchModel& model, std::shared_ptr<const data::Dataset> dataset,
                                          int turns = 5);

}  // namespace hpsearch::bench
