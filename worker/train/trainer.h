// Trains one trial, epoch by epoch, on a fixed number of threads, to the same bits wherever and whenever it runs:
// every random number is a function of (seed, replicate, epoch, step, layer, purpose), every sum has a fixed
// order.
//
// Threads: one trainer, one thread, for its whole life; that thread called UseThreads() before, with the trial's
// number: OpenMP lends it the others. Trainers on different threads are independent. Ownership: shares the data
// set. Errors: INVALID_ARGUMENT (a plan that does not fit the data), FAILED_PRECONDITION (no UseThreads; a process
// that is not pinned to the trial's instruction set; an epoch after one that diverged or was cancelled),
// CANCELLED, RESOURCE_EXHAUSTED (a batch that is too large), INTERNAL (oneDNN's own words); std::bad_alloc.
// Divergence is a result, not an error.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "server/model/network.h"
#include "server/model/training.h"
#include "worker/data/split.h"
#include "worker/train/checkpoint.h"
#include "worker/train/evaluation.h"

namespace hpsearch::train {

struct TrialSetup {
  model::Network network;
  model::Training training;
  data::Split split;
  std::int64_t seed = 0;
  std::int64_t replicate = 0;
};

struct EpochResult {
  std::int64_t epoch = 0;  // from 1
  // Losses have the penalties on weights in them, as Keras's do.
  double train_loss = 0, train_error = 0;            // means over the epoch as it ran, dropout on
  double validation_loss = 0, validation_error = 0;  // after the epoch, dropout off; errors NaN in a regression
  double learning_rate = 0;                          // of the last step
  double seconds = 0;                                // wall clock of the epoch, validation included
  double gradient_norm = 0;       // of the last step's gradients, as optim::Optimizer::Step has it
  double weight_norm = 0;         // of all that is trained, behind the epoch
  double samples_per_second = 0;  // rows trained, by the wall clock of training alone
  std::vector<double> train_metrics, validation_metrics;  // of training.metrics, in its order (named_metrics.h)
  // A training loss was not finite: the epoch ended at that step. Or the weights or the validation loss behind the
  // epoch were not. What was measured is NaN, the epoch does not count as done, and there is no next one.
  bool diverged = false;
};

// Pins oneDNN and OpenMP to so many threads on the calling thread. Before a trainer is made on it that trains on
// so many, and not again while there is one. They may be more than there are cores: then it is slower, to the same
// bits. RESOURCE_EXHAUSTED: OpenMP gives fewer (OMP_THREAD_LIMIT).
absl::Status UseThreads(std::int64_t count);
void UseOneThread();

class Trainer {
 public:
  static absl::StatusOr<std::unique_ptr<Trainer>> Create(TrialSetup setup);
  ~Trainer();

  // Trains the next epoch. CANCELLED at the first step that finds `cancelled` set.
  absl::StatusOr<EpochResult> NextEpoch(const std::atomic<bool>& cancelled);
  std::int64_t epochs_done() const;
  bool between_epochs() const;
  const model::Training& training() const;

  // All that is needed to go on from here, between two epochs or, from `save` below, within one. `key` names what
  // is trained, `attachment` is handed back by the checkpoint. Errors as WriteCheckpoint has them.
  absl::Status Save(const std::string& path, std::string_view key, std::string_view attachment) const;
  // Goes on from there. DATA_LOSS: it is none of this training's, or it could not be read a second time; the
  // trainer is as it was, or as it was made.
  absl::Status Restore(const Checkpoint& checkpoint);
  // `save` is called within an epoch, between two steps, whenever it is `every` since the epoch or the last call
  // began, and where the epoch is cancelled.
  void SaveWithinEpochs(std::chrono::steady_clock::duration every, std::function<void()> save);

  // The test set under the weights as they are. FAILED_PRECONDITION: the data set has none.
  absl::StatusOr<Evaluation> EvaluateTest(const std::atomic<bool>& cancelled);
  // Hash of all weights, biases and running statistics, their exact bits (xxh3-128, hex).
  std::string WeightsDigest() const;

 private:
  class Impl;
  explicit Trainer(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace hpsearch::train
