// The inside of the trainer: what it holds, and its steps. Internal to this room.
//
// Files: trainer.cc (making it, checkpoints, the schedule), trainer_epoch.cc (an epoch, the scores of a part).
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "worker/nn/graph.h"
#include "worker/nn/loss.h"
#include "worker/optim/optimizer.h"
#include "worker/train/batch_reader.h"
#include "worker/train/named_metrics.h"
#include "worker/train/part_passes.h"
#include "worker/train/progress.h"
#include "worker/train/trainer.h"

namespace hpsearch::train {

// What a part of an epoch comes to.
struct Sums {
  Metrics metrics;
  NamedMetrics named;

  void Add(const nn::LossSum& loss, const nn::Pass& pass, const nn::Targets& targets) {
    metrics.Add(loss, pass.rows());
    named.Add(pass.dst(), targets, loss, pass.rows());
  }
};

class Trainer::Impl {
 public:
  explicit Impl(TrialSetup setup);

  absl::Status Build();
  absl::StatusOr<EpochResult> NextEpoch(const std::atomic<bool>& cancelled);
  std::int64_t epochs_done() const { return progress_.epochs_done; }
  bool broken() const { return state_ == State::kBroken; }
  bool between_epochs() const { return progress_.rows_done == 0; }
  const model::Training& training() const { return setup_.training; }
  // As it was made, and as able to save itself.
  absl::StatusOr<std::unique_ptr<Impl>> Afresh() const;
  std::string WeightsDigest() const;
  absl::Status Save(const std::string& path, std::string_view key, std::string_view attachment) const;
  absl::Status Restore(const Checkpoint& checkpoint);
  void SaveWithinEpochs(std::chrono::steady_clock::duration every, std::function<void()> save);
  absl::StatusOr<Evaluation> EvaluateTest(const std::atomic<bool>& cancelled);

 private:
  enum class State { kReady, kDiverged, kBroken };

  absl::Status MakePasses();
  void MakeOptimizer();
  double LearningRate() const;
  void AfterEpoch(const EpochResult& result);
  absl::StatusOr<EpochResult> RunEpoch(const std::atomic<bool>& cancelled);
  EpochResult Diverged(double learning_rate, double seconds) const;
  // Forward, loss and backward of a batch, and the update. The loss tells whether it went well. `gradient_norm`:
  // as Optimizer::Step takes it.
  absl::StatusOr<nn::LossSum> TrainBatch(const BatchRows& rows, std::int64_t epoch, double learning_rate,
                                         Sums& sums, double* gradient_norm);
  // What rows of the reader's part come to, dropout off; `look` sees what the network makes of each batch.
  absl::Status Score(const BatchReader& reader, std::span<const std::uint32_t> rows, const PartPasses& passes,
                     const std::atomic<bool>& cancelled, const std::function<void(const nn::Pass&)>& look,
                     Sums& sums);

  bool regression() const { return setup_.split.task == model::Task::kRegression; }
  // The batch's, where one is wanted; read by the reader.
  std::uint8_t* labels() { return regression() ? nullptr : labels_.data(); }
  nn::Targets TargetsOf(const BatchReader& reader, std::span<const std::uint32_t> rows);
  Sums NoRows(double spread) const { return {{}, {setup_.training.metrics, graph_->dst_width(), spread}}; }

  // Parameters, and what training passes change beside them.
  std::vector<nn::Parameter*> Weights() const;
  // All that a checkpoint holds, in its order.
  std::vector<std::span<float>> Tensors() const;

  const TrialSetup setup_;
  const nn::RandomSource source_;
  const std::int64_t validation_rows_;
  const BatchReader reader_;
  std::unique_ptr<nn::Graph> graph_;
  std::unique_ptr<nn::Loss> loss_;
  PartPasses training_;
  PartPasses validation_;
  std::unique_ptr<optim::Optimizer> optimizer_;
  std::vector<std::uint32_t> order_;  // of the epoch's rows
  std::vector<std::uint8_t> labels_;  // of the batch
  std::vector<float> targets_;        // the same, of a regression
  double training_spread_ = 0;        // of a regression's targets, see named_metrics.h
  double validation_spread_ = 0;
  Progress progress_;
  std::chrono::steady_clock::duration save_every_{};
  std::function<void()> save_;  // empty: nothing is saved within an epoch
  State state_ = State::kReady;
};

}  // namespace hpsearch::train
