#include "worker/bench/trainer_bench.h"

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <ctime>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "worker/data/split.h"
#include "worker/nn/roofline.h"
#include "worker/train/trainer.h"

namespace hpsearch::bench {
namespace {

double ThreadCpuSeconds() {
  timespec time;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + 1e-9 * static_cast<double>(time.tv_nsec);
}

double Median(std::vector<double> values) {
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::ranges::nth_element(values, middle);
  return *middle;
}

// One row to validate; of the others an epoch's samples, from all over the set, in whole batches.
absl::StatusOr<data::Split> SplitFor(const BenchModel& model, std::shared_ptr<const data::Dataset> dataset) {
  const double one_row = 1.0 / static_cast<double>(std::max<std::int64_t>(dataset->train.rows(), 2));
  absl::StatusOr<data::Split> split = data::MakeSplit(std::move(dataset), {.validation_fraction = one_row});
  if (!split.ok()) return split.status();
  const auto there = static_cast<std::int64_t>(split->training.size());
  const std::int64_t batch = model.training.batch_size;
  const std::int64_t taken = std::min(model.epoch_samples, there) / batch * batch;
  if (taken == 0) {
    return absl::InvalidArgumentError(absl::StrCat("a batch of ", batch, " rows; an epoch of '", model.name,
                                                   "' has ", std::min(model.epoch_samples, there)));
  }
  const std::int64_t stride = there / taken;
  for (std::int64_t i = 0; i < taken; ++i) split->training[i] = split->training[i * stride];
  split->training.resize(static_cast<std::size_t>(taken));
  split->validation.resize(1);
  return split;
}

// The two sides, each a turn at a time; a turn returns its samples a second.
class Sides {
 public:
  static absl::StatusOr<Sides> Make(const BenchModel& model, std::shared_ptr<const data::Dataset> dataset) {
    absl::StatusOr<data::Split> split = SplitFor(model, std::move(dataset));
    if (!split.ok()) return split.status();
    Sides sides;
    sides.batch_ = model.training.batch_size;
    sides.samples_ = static_cast<std::int64_t>(split->training.size());
    absl::StatusOr<std::unique_ptr<train::Trainer>> trainer =
        train::Trainer::Create({.network = model.network, .training = model.training, .split = *std::move(split)});
    if (!trainer.ok()) return trainer.status();
    sides.trainer_ = *std::move(trainer);
    absl::StatusOr<std::unique_ptr<nn::Roofline>> roofline =
        nn::Roofline::Create(model.network, sides.batch_, model.training.precision);
    if (!roofline.ok()) return roofline.status();
    sides.roofline_ = *std::move(roofline);
    return sides;
  }

  absl::StatusOr<double> TrainEpoch() {
    const std::atomic<bool> cancelled = false;
    const double begin = ThreadCpuSeconds();
    const absl::StatusOr<train::EpochResult> epoch = trainer_->NextEpoch(cancelled);
    const double seconds = ThreadCpuSeconds() - begin;
    if (!epoch.ok()) return epoch.status();
    // It would have ended early, with less done than is counted.
    if (epoch->diverged) return absl::InternalError("the training diverged; its rate would mean nothing");
    return static_cast<double>(samples_) / seconds;
  }

  absl::StatusOr<double> RunRoofline() {
    const double begin = ThreadCpuSeconds();
    for (std::int64_t done = 0; done < samples_; done += batch_) {
      if (absl::Status status = roofline_->Step(); !status.ok()) return status;
    }
    return static_cast<double>(samples_) / (ThreadCpuSeconds() - begin);
  }

  double StepFlops() const { return roofline_->flops(); }

 private:
  std::int64_t batch_ = 0;
  std::int64_t samples_ = 0;  // of a turn, a multiple of the batch
  std::unique_ptr<train::Trainer> trainer_;
  std::unique_ptr<nn::Roofline> roofline_;
};

}  // namespace

absl::StatusOr<TrainerRates> BenchTrainer(const BenchModel& model, std::shared_ptr<const data::Dataset> dataset,
                                          int turns) {
  train::UseOneThread();
  absl::StatusOr<Sides> sides = Sides::Make(model, std::move(dataset));
  if (!sides.ok()) return sides.status();
  std::vector<double> trained, allowed;
  for (int turn = 0; turn <= turns; ++turn) {
    const absl::StatusOr<double> rate = sides->TrainEpoch();
    if (!rate.ok()) return rate.status();
    const absl::StatusOr<double> limit = sides->RunRoofline();
    if (!limit.ok()) return limit.status();
    if (turn == 0) continue;  // first touches of memory, and of oneDNN's generated code
    trained.push_back(*rate);
    allowed.push_back(*limit);
  }
  TrainerRates rates = {.samples_per_second = Median(trained), .roofline_samples_per_second = Median(allowed)};
  const double steps_per_second =
      rates.roofline_samples_per_second / static_cast<double>(model.training.batch_size);
  rates.roofline_gflops = 1e-9 * sides->StepFlops() * steps_per_second;
  return rates;
}

}  // namespace hpsearch::bench
