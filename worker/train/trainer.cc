#include "worker/train/trainer.h"

#include <omp.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cmath>
#include <limits>
#include <span>
#include <utility>
#include <variant>
#include <vector>

#include "absl/strings/str_cat.h"
#include "worker/nn/chain.h"
#include "worker/nn/instruction_set.h"
#include "worker/nn/loss.h"
#include "worker/optim/optimizer.h"
#include "worker/optim/plateau.h"
#include "worker/optim/schedule.h"
#include "worker/train/batch_reader.h"
#include "worker/train/metrics.h"
#include "worker/train/setup_check.h"
#include "worker/train/shuffle.h"
#include "worker/train/weights_digest.h"

namespace hpsearch::train {
namespace {

// Rows of a validation batch, where the network is not so wide that fewer fill the memory. They are part of what a
// curve's bits depend on.
std::int64_t ValidationRows(const model::Network& network) {
  return std::clamp<std::int64_t>(model::kMostBatchValues / ValuesOf(network), 1, 512);
}

enum class State { kReady, kDiverged, kBroken };

// A NaN does not always reach the loss: a relu turns it into 0. Weights that are not finite are as far gone.
bool AllFinite(const std::vector<nn::Parameter*>& parameters) {
  return std::ranges::all_of(parameters, [](const nn::Parameter* parameter) {
    return std::ranges::all_of(std::as_const(parameter->value).span(),
                               [](float value) { return std::isfinite(value); });
  });
}

double Monitored(const EpochResult& result, model::Monitor monitor) {
  switch (monitor) {
    case model::Monitor::kValidationLoss:
      return result.validation_loss;
    case model::Monitor::kValidationError:
      return result.validation_error;
    case model::Monitor::kTrainLoss:
      return result.train_loss;
    case model::Monitor::kTrainError:
      break;
  }
  return result.train_error;
}

EpochResult Diverged(std::int64_t epoch, double learning_rate) {
  constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
  return {.epoch = epoch,
          .train_loss = kNaN,
          .train_error = kNaN,
          .validation_loss = kNaN,
          .validation_error = kNaN,
          .learning_rate = learning_rate,
          .diverged = true};
}

}  // namespace

absl::Status UseThreads(std::int64_t count) {
  omp_set_dynamic(0);  // as many as are asked for, on however many cores
  omp_set_num_threads(static_cast<int>(count));
  if (count == 1) return absl::OkStatus();
  std::atomic<int> given = 0;
#pragma omp parallel
  given.fetch_add(1, std::memory_order_relaxed);
  if (given == count) return absl::OkStatus();
  return absl::ResourceExhaustedError(absl::StrCat("the training is on ", count, " threads and OpenMP gives it ",
                                                   given.load(), "; see OMP_THREAD_LIMIT"));
}

void UseOneThread() { UseThreads(1).IgnoreError(); }  // the thread itself, which is there

class Trainer::Impl {
 public:
  explicit Impl(TrialSetup setup)
      : setup_(std::move(setup)),
        source_{setup_.seed, setup_.replicate},
        validation_rows_(ValidationRows(setup_.network)),
        reader_(setup_.split, model::Elements(setup_.network.src)) {}

  absl::Status Build();
  absl::StatusOr<EpochResult> NextEpoch(const std::atomic<bool>& cancelled);
  std::int64_t epochs_done() const { return epochs_done_; }
  std::string WeightsDigest() const {
    std::vector<nn::Parameter*> all = chain_->parameters();
    all.insert(all.end(), chain_->statistics().begin(), chain_->statistics().end());
    return DigestOf(all);
  }

 private:
  absl::Status MakePasses();
  void MakeOptimizer();
  double LearningRate() const;
  void AfterEpoch(const EpochResult& result);
  absl::StatusOr<EpochResult> RunEpoch(const std::atomic<bool>& cancelled);
  // Forward, loss and backward of a batch, and the update. The loss tells whether it went well.
  absl::StatusOr<nn::LossSum> TrainBatch(std::span<const std::uint32_t> rows, std::int64_t epoch,
                                         double learning_rate);
  absl::StatusOr<Metrics> Validate(const std::atomic<bool>& cancelled);

  // A pass for rows as many as a whole batch, another for the rest of the part.
  struct Passes {
    std::unique_ptr<nn::Pass> whole;
    std::unique_ptr<nn::Pass> rest;
    nn::Pass& For(std::size_t rows) {
      return whole != nullptr && whole->rows() == static_cast<std::int64_t>(rows) ? *whole : *rest;
    }
  };

  const TrialSetup setup_;
  const nn::RandomSource source_;
  const std::int64_t validation_rows_;
  const BatchReader reader_;
  std::unique_ptr<nn::Chain> chain_;
  std::unique_ptr<nn::Loss> loss_;
  Passes training_;
  Passes validation_;
  std::unique_ptr<optim::Optimizer> optimizer_;
  optim::PlateauState plateau_;       // of reduce_on_plateau; else its learning rate alone is read
  std::vector<std::uint32_t> order_;  // of the epoch's rows
  std::vector<std::uint8_t> labels_;  // of the batch
  std::int64_t steps_done_ = 0;
  std::int64_t epochs_done_ = 0;
  State state_ = State::kReady;
};

absl::Status Trainer::Impl::Build() {
  if (omp_get_max_threads() != setup_.training.threads) {
    return absl::FailedPreconditionError(
        absl::StrCat("UseThreads(", setup_.training.threads,
                     ") was not called on this thread: bits would depend on its cores"));
  }
  if (absl::Status status = nn::CheckPinned(setup_.training.instruction_set); !status.ok()) return status;
  if (absl::Status status = CheckSetup(setup_); !status.ok()) return status;
  absl::StatusOr<std::unique_ptr<nn::Chain>> chain = nn::Chain::Create(setup_.network, source_);
  if (!chain.ok()) return chain.status();
  chain_ = *std::move(chain);
  loss_ = nn::MakeLoss(*model::LossFor(setup_.training, setup_.network), chain_->dst_width(),
                       setup_.training.label_smoothing);
  MakeOptimizer();
  return MakePasses();
}

absl::Status Trainer::Impl::MakePasses() {
  const auto make = [&](std::size_t part, std::int64_t batch, bool training, Passes& passes) {
    const auto rows = static_cast<std::int64_t>(part);
    for (auto [count, pass] :
         {std::pair(rows >= batch ? batch : 0, &passes.whole), std::pair(rows % batch, &passes.rest)}) {
      if (count == 0) continue;
      absl::StatusOr<std::unique_ptr<nn::Pass>> made =
          training ? chain_->MakeTrainingPass(count) : chain_->MakeInferencePass(count);
      if (!made.ok()) return made.status();
      *pass = *std::move(made);
    }
    return absl::OkStatus();
  };
  labels_.resize(static_cast<std::size_t>(std::max(setup_.training.batch_size, validation_rows_)));
  absl::Status status = make(setup_.split.training.size(), setup_.training.batch_size, true, training_);
  status.Update(make(setup_.split.validation.size(), validation_rows_, false, validation_));
  return status;
}

void Trainer::Impl::MakeOptimizer() {
  std::vector<optim::Variable> variables;
  for (nn::Parameter* parameter : chain_->parameters()) {
    if (parameter->frozen()) continue;
    variables.push_back({.value = parameter->value.span(),
                         .gradient = parameter->gradient.span(),
                         .inputs = parameter->inputs,
                         .units = parameter->units,
                         .units_innermost = parameter->units_innermost,
                         .max_norm = parameter->max_norm,
                         .l1 = parameter->l1,
                         .l2 = parameter->l2,
                         .rate_factor = parameter->learning_rate_factor});
  }
  optimizer_ = std::make_unique<optim::Optimizer>(setup_.training.optimizer, std::move(variables));
  plateau_.learning_rate = setup_.training.optimizer.learning_rate;
}

double Trainer::Impl::LearningRate() const {
  const double rate = plateau_.learning_rate;
  if (!setup_.training.schedule.has_value()) return rate;
  const auto rows = static_cast<std::int64_t>(setup_.split.training.size());
  const std::int64_t batch = setup_.training.batch_size;
  return optim::ScheduledRate(
      rate, *setup_.training.schedule,
      {.steps_per_epoch = rows / batch + (rows % batch != 0 ? 1 : 0), .epochs = setup_.training.epochs},
      steps_done_);
}

void Trainer::Impl::AfterEpoch(const EpochResult& result) {
  ++epochs_done_;
  if (!setup_.training.schedule.has_value()) return;
  if (const auto* rule = std::get_if<model::ReduceOnPlateau>(&*setup_.training.schedule)) {
    plateau_ = optim::AfterEpoch(*rule, plateau_, Monitored(result, rule->monitor));
  }
}

absl::StatusOr<EpochResult> Trainer::Impl::NextEpoch(const std::atomic<bool>& cancelled) {
  switch (state_) {
    case State::kReady:
      break;
    case State::kDiverged:
      return absl::FailedPreconditionError("the training has diverged: there is no next epoch");
    case State::kBroken:
      return absl::FailedPreconditionError("an epoch was not finished: there is no next one");
  }
  const auto begin = std::chrono::steady_clock::now();
  absl::StatusOr<EpochResult> result = RunEpoch(cancelled);
  if (!result.ok()) {
    state_ = State::kBroken;
    return result;
  }
  if (result->diverged) {
    state_ = State::kDiverged;
  } else {
    AfterEpoch(*result);
  }
  result->seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  return result;
}

absl::StatusOr<EpochResult> Trainer::Impl::RunEpoch(const std::atomic<bool>& cancelled) {
  const std::int64_t epoch = epochs_done_ + 1;
  ShuffleRows(setup_.split.training, source_, epoch, order_);
  Metrics metrics;
  double learning_rate = 0;
  const auto batch_size = static_cast<std::size_t>(setup_.training.batch_size);
  for (std::size_t begin = 0; begin < order_.size(); begin += batch_size) {
    if (cancelled.load(std::memory_order_relaxed)) return absl::CancelledError("the trial was cancelled");
    const std::size_t count = std::min(batch_size, order_.size() - begin);
    learning_rate = LearningRate();
    absl::StatusOr<nn::LossSum> loss = TrainBatch(std::span(order_).subspan(begin, count), epoch, learning_rate);
    if (!loss.ok()) return loss.status();
    if (!std::isfinite(loss->loss)) return Diverged(epoch, learning_rate);
    metrics.Add(*loss, static_cast<std::int64_t>(count));
  }
  if (!AllFinite(chain_->parameters())) return Diverged(epoch, learning_rate);
  absl::StatusOr<Metrics> validation = Validate(cancelled);
  if (!validation.ok()) return validation.status();
  if (!std::isfinite(validation->loss_sum)) return Diverged(epoch, learning_rate);
  return EpochResult{.epoch = epoch,
                     .train_loss = metrics.Loss(),
                     .train_error = metrics.Error(),
                     .validation_loss = validation->Loss(),
                     .validation_error = validation->Error(),
                     .learning_rate = learning_rate};
}

absl::StatusOr<nn::LossSum> Trainer::Impl::TrainBatch(std::span<const std::uint32_t> rows, std::int64_t epoch,
                                                      double learning_rate) {
  nn::Pass& pass = training_.For(rows.size());
  const nn::Step step = {.epoch = epoch, .index = steps_done_};
  if (chain_->input_dropout().has_value()) {
    reader_.ReadWithDropout(rows, *chain_->input_dropout(), step, pass.src(), labels_.data());
  } else {
    reader_.Read(rows, pass.src(), labels_.data());
  }
  if (absl::Status status = pass.Forward(step); !status.ok()) return status;
  nn::LossSum loss = loss_->Evaluate(pass.dst(), {.labels = labels_.data()}, pass.rows(), pass.diff_dst());
  // As in Keras, the loss that is told is the one that is minimized: with the penalties of the step's weights.
  loss.loss += optimizer_->Penalties() * static_cast<double>(pass.rows());
  if (!std::isfinite(loss.loss)) return loss;
  if (absl::Status status = pass.Backward(); !status.ok()) return status;
  optimizer_->Step(learning_rate, steps_done_);
  ++steps_done_;
  return loss;
}

absl::StatusOr<Metrics> Trainer::Impl::Validate(const std::atomic<bool>& cancelled) {
  Metrics metrics;
  const std::span<const std::uint32_t> rows = setup_.split.validation;
  const auto batch = static_cast<std::size_t>(validation_rows_);
  for (std::size_t begin = 0; begin < rows.size(); begin += batch) {
    if (cancelled.load(std::memory_order_relaxed)) return absl::CancelledError("the trial was cancelled");
    const std::size_t count = std::min(batch, rows.size() - begin);
    nn::Pass& pass = validation_.For(count);
    reader_.Read(rows.subspan(begin, count), pass.src(), labels_.data());
    if (absl::Status status = pass.Forward(); !status.ok()) return status;
    metrics.Add(loss_->Evaluate(pass.dst(), {.labels = labels_.data()}, pass.rows(), nullptr), pass.rows());
  }
  metrics.Add({.loss = optimizer_->Penalties() * static_cast<double>(rows.size())}, 0);
  return metrics;
}

absl::StatusOr<std::unique_ptr<Trainer>> Trainer::Create(TrialSetup setup) {
  auto impl = std::make_unique<Impl>(std::move(setup));
  if (absl::Status status = impl->Build(); !status.ok()) return status;
  return std::unique_ptr<Trainer>(new Trainer(std::move(impl)));
}

Trainer::Trainer(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Trainer::~Trainer() = default;

absl::StatusOr<EpochResult> Trainer::NextEpoch(const std::atomic<bool>& cancelled) {
  return impl_->NextEpoch(cancelled);
}
std::int64_t Trainer::epochs_done() const { return impl_->epochs_done(); }
std::string Trainer::WeightsDigest() const { return impl_->WeightsDigest(); }

}  // namespace hpsearch::train
