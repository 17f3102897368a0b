#include "worker/train/trainer.h"

#include <omp.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <functional>
#include <limits>
#include <span>
#include <utility>
#include <variant>
#include <vector>

#include "worker/nn/graph.h"
#include "worker/nn/loss.h"
#include "worker/optim/optimizer.h"
#include "worker/optim/schedule.h"
#include "worker/train/batch_reader.h"
#include "worker/train/part_passes.h"
#include "worker/train/progress.h"
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

using Clock = std::chrono::steady_clock;

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

EpochResult Diverged(std::int64_t epoch, double learning_rate, double seconds) {
  constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
  return {.epoch = epoch,
          .train_loss = kNaN,
          .train_error = kNaN,
          .validation_loss = kNaN,
          .validation_error = kNaN,
          .learning_rate = learning_rate,
          .seconds = seconds,
          .diverged = true};
}

}  // namespace

void UseOneThread() { omp_set_num_threads(1); }

class Trainer::Impl {
 public:
  explicit Impl(TrialSetup setup)
      : setup_(std::move(setup)),
        source_{setup_.seed, setup_.replicate},
        validation_rows_(ValidationRows(setup_.network)),
        reader_(setup_.split, model::Elements(setup_.network.src)) {}

  absl::Status Build();
  absl::StatusOr<EpochResult> NextEpoch(const std::atomic<bool>& cancelled);
  std::int64_t epochs_done() const { return progress_.epochs_done; }
  std::string WeightsDigest() const { return DigestOf(Weights()); }
  absl::Status Save(const std::string& path, std::string_view key, std::string_view attachment) const;
  absl::Status Restore(const Checkpoint& checkpoint);
  void SaveWithinEpochs(std::chrono::steady_clock::duration every, std::function<void()> save) {
    save_every_ = every;
    save_ = std::move(save);
  }
  absl::StatusOr<Evaluation> EvaluateTest(const std::atomic<bool>& cancelled);

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
  // Parameters, and what training passes change beside them.
  std::vector<nn::Parameter*> Weights() const {
    std::vector<nn::Parameter*> all = graph_->parameters();
    all.insert(all.end(), graph_->statistics().begin(), graph_->statistics().end());
    return all;
  }
  // Loss and mistakes on rows of the reader's part, dropout off; `look` sees what the network makes of each batch.
  absl::StatusOr<Metrics> Score(const BatchReader& reader, std::span<const std::uint32_t> rows,
                                const PartPasses& passes, const std::atomic<bool>& cancelled,
                                const std::function<void(const float*)>& look);
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
  Progress progress_;
  std::chrono::steady_clock::duration save_every_{};
  std::function<void()> save_;  // empty: nothing is saved within an epoch
  State state_ = State::kReady;
};

absl::Status Trainer::Impl::Build() {
  if (omp_get_max_threads() != 1) {
    return absl::FailedPreconditionError(
        "UseOneThread was not called on this thread: bits would depend on its cores");
  }
  if (absl::Status status = CheckSetup(setup_); !status.ok()) return status;
  absl::StatusOr<std::unique_ptr<nn::Graph>> chain = nn::Graph::Create(setup_.network, source_);
  if (!chain.ok()) return chain.status();
  graph_ = *std::move(chain);
  loss_ = nn::MakeLoss(*model::LossFor(setup_.training, setup_.network), graph_->dst_width(),
                       setup_.training.label_smoothing);
  MakeOptimizer();
  return MakePasses();
}

absl::Status Trainer::Impl::MakePasses() {
  labels_.resize(static_cast<std::size_t>(std::max(setup_.training.batch_size, validation_rows_)));
  absl::StatusOr<PartPasses> training = PartPasses::Make(
      *graph_, PassKind::kTraining, std::ssize(setup_.split.training), setup_.training.batch_size);
  if (!training.ok()) return training.status();
  training_ = *std::move(training);
  absl::StatusOr<PartPasses> validation =
      PartPasses::Make(*graph_, PassKind::kInference, std::ssize(setup_.split.validation), validation_rows_);
  if (!validation.ok()) return validation.status();
  validation_ = *std::move(validation);
  return absl::OkStatus();
}

void Trainer::Impl::MakeOptimizer() {
  std::vector<optim::Variable> variables;
  for (nn::Parameter* parameter : graph_->parameters()) {
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
  progress_.plateau.learning_rate = setup_.training.optimizer.learning_rate;
}

double Trainer::Impl::LearningRate() const {
  const double rate = progress_.plateau.learning_rate;
  if (!setup_.training.schedule.has_value()) return rate;
  const auto rows = static_cast<std::int64_t>(setup_.split.training.size());
  const std::int64_t batch = setup_.training.batch_size;
  return optim::ScheduledRate(
      rate, *setup_.training.schedule,
      {.steps_per_epoch = rows / batch + (rows % batch != 0 ? 1 : 0), .epochs = setup_.training.epochs},
      progress_.steps_done);
}

void Trainer::Impl::AfterEpoch(const EpochResult& result) {
  ++progress_.epochs_done;
  if (!setup_.training.schedule.has_value()) return;
  if (const auto* rule = std::get_if<model::ReduceOnPlateau>(&*setup_.training.schedule)) {
    progress_.plateau = optim::AfterEpoch(*rule, progress_.plateau, Monitored(result, rule->monitor));
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
  return result;
}

absl::StatusOr<EpochResult> Trainer::Impl::RunEpoch(const std::atomic<bool>& cancelled) {
  const std::int64_t epoch = progress_.epochs_done + 1;
  ShuffleRows(setup_.split.training, source_, epoch, order_);
  const Clock::time_point begun = Clock::now();
  const double before = progress_.seconds;
  const auto seconds = [&] { return before + std::chrono::duration<double>(Clock::now() - begun).count(); };
  const auto save = [&] {
    progress_.seconds = seconds();
    save_();
  };
  Clock::time_point saved = begun;
  double learning_rate = 0;
  const auto batch_size = static_cast<std::size_t>(setup_.training.batch_size);
  for (auto begin = static_cast<std::size_t>(progress_.rows_done); begin < order_.size(); begin += batch_size) {
    if (cancelled.load(std::memory_order_relaxed)) {
      if (save_ && progress_.rows_done > 0) save();
      return absl::CancelledError("the trial was cancelled");
    }
    const std::size_t count = std::min(batch_size, order_.size() - begin);
    learning_rate = LearningRate();
    absl::StatusOr<nn::LossSum> loss = TrainBatch(std::span(order_).subspan(begin, count), epoch, learning_rate);
    if (!loss.ok()) return loss.status();
    if (!std::isfinite(loss->loss)) return Diverged(epoch, learning_rate, seconds());
    progress_.metrics.Add(*loss, static_cast<std::int64_t>(count));
    progress_.rows_done += static_cast<std::int64_t>(count);
    // The last batch's belongs to the checkpoint behind the epoch.
    if (save_ && begin + count < order_.size() && Clock::now() - saved >= save_every_) {
      save();
      saved = Clock::now();
    }
  }
  if (!AllFinite(graph_->parameters())) return Diverged(epoch, learning_rate, seconds());
  absl::StatusOr<Metrics> validation = Validate(cancelled);
  if (!validation.ok()) return validation.status();
  if (!std::isfinite(validation->loss_sum)) return Diverged(epoch, learning_rate, seconds());
  const Metrics training = std::exchange(progress_.metrics, {});
  progress_.rows_done = 0;
  progress_.seconds = 0;
  return EpochResult{.epoch = epoch,
                     .train_loss = training.Loss(),
                     .train_error = training.Error(),
                     .validation_loss = validation->Loss(),
                     .validation_error = validation->Error(),
                     .learning_rate = learning_rate,
                     .seconds = seconds()};
}

absl::StatusOr<nn::LossSum> Trainer::Impl::TrainBatch(std::span<const std::uint32_t> rows, std::int64_t epoch,
                                                      double learning_rate) {
  nn::Pass& pass = training_.For(rows.size());
  const nn::Step step = {.epoch = epoch, .index = progress_.steps_done};
  if (graph_->input_dropout().has_value()) {
    reader_.ReadWithDropout(rows, *graph_->input_dropout(), step, pass.src(), labels_.data());
  } else {
    reader_.Read(rows, pass.src(), labels_.data());
  }
  if (absl::Status status = pass.Forward(step); !status.ok()) return status;
  nn::LossSum loss = loss_->Evaluate(pass.dst(), {.labels = labels_.data()}, pass.rows(), pass.diff_dst());
  // As in Keras, the loss that is told is the one that is minimized: with the penalties of the step's weights.
  loss.loss += optimizer_->Penalties() * static_cast<double>(pass.rows());
  if (!std::isfinite(loss.loss)) return loss;
  if (absl::Status status = pass.Backward(); !status.ok()) return status;
  optimizer_->Step(learning_rate, progress_.steps_done);
  ++progress_.steps_done;
  return loss;
}

absl::StatusOr<Metrics> Trainer::Impl::Validate(const std::atomic<bool>& cancelled) {
  return Score(reader_, setup_.split.validation, validation_, cancelled, [](const float* /*dst*/) {});
}

absl::StatusOr<Metrics> Trainer::Impl::Score(const BatchReader& reader, std::span<const std::uint32_t> rows,
                                             const PartPasses& passes, const std::atomic<bool>& cancelled,
                                             const std::function<void(const float*)>& look) {
  Metrics metrics;
  const auto batch = static_cast<std::size_t>(validation_rows_);
  for (std::size_t begin = 0; begin < rows.size(); begin += batch) {
    if (cancelled.load(std::memory_order_relaxed)) return absl::CancelledError("the trial was cancelled");
    const std::size_t count = std::min(batch, rows.size() - begin);
    nn::Pass& pass = passes.For(count);
    reader.Read(rows.subspan(begin, count), pass.src(), labels_.data());
    if (absl::Status status = pass.Forward(); !status.ok()) return status;
    metrics.Add(loss_->Evaluate(pass.dst(), {.labels = labels_.data()}, pass.rows(), nullptr), pass.rows());
    look(pass.dst());
  }
  metrics.Add({.loss = optimizer_->Penalties() * static_cast<double>(rows.size())}, 0);
  return metrics;
}

absl::StatusOr<Evaluation> Trainer::Impl::EvaluateTest(const std::atomic<bool>& cancelled) {
  const std::vector<std::uint32_t>& rows = setup_.split.test;
  if (rows.empty())
    return absl::FailedPreconditionError("the data set has no test rows; test_fraction makes some");
  const BatchReader reader(setup_.split, model::Elements(setup_.network.src), BatchReader::Rows::kTest);
  const absl::StatusOr<PartPasses> passes =
      PartPasses::Make(*graph_, PassKind::kInference, std::ssize(rows), validation_rows_);
  if (!passes.ok()) return passes.status();
  const std::int64_t outputs = graph_->dst_width();
  Confusion confusion(setup_.split.classes, outputs);
  std::int64_t batch = 0;
  const auto count = [&](const float* dst) {
    const std::int64_t left = static_cast<std::int64_t>(rows.size()) - batch;
    const std::int64_t height = std::min(validation_rows_, left);
    for (std::int64_t row = 0; row < height; ++row) {
      confusion.Add(labels_[static_cast<std::size_t>(row)],
                    {dst + row * outputs, static_cast<std::size_t>(outputs)});
    }
    batch += height;
  };
  const absl::StatusOr<Metrics> metrics = Score(reader, rows, *passes, cancelled, count);
  if (!metrics.ok()) return metrics.status();
  return Evaluation{.rows = metrics->rows,
                    .loss = metrics->Loss(),
                    .error = metrics->Error(),
                    .confusion = std::move(confusion)};
}

std::vector<std::span<float>> Trainer::Impl::Tensors() const {
  std::vector<std::span<float>> tensors;
  for (nn::Parameter* parameter : Weights()) tensors.push_back(parameter->value.span());
  for (const std::span<float> state : optimizer_->State()) tensors.push_back(state);
  return tensors;
}

absl::Status Trainer::Impl::Save(const std::string& path, std::string_view key,
                                 std::string_view attachment) const {
  const std::vector<std::span<float>> tensors = Tensors();
  return WriteCheckpoint(path, {key, progress_, attachment, {tensors.begin(), tensors.end()}});
}

absl::Status Trainer::Impl::Restore(const Checkpoint& checkpoint) {
  const std::vector<std::span<float>> tensors = Tensors();
  const Progress& progress = checkpoint.progress();
  const auto rows = static_cast<std::int64_t>(setup_.split.training.size());
  const std::int64_t batch = setup_.training.batch_size;
  const bool whole_batches = progress.rows_done < rows && progress.rows_done % batch == 0;
  const std::int64_t steps = (rows + batch - 1) / batch;
  const bool same_sizes =
      std::ranges::equal(tensors, checkpoint.tensor_sizes(), {}, [](const auto& tensor) { return tensor.size(); });
  if (!same_sizes || !whole_batches ||
      progress.epochs_done > std::numeric_limits<std::int64_t>::max() / steps - 1 ||
      progress.steps_done != progress.epochs_done * steps + progress.rows_done / batch) {
    return absl::DataLossError("the checkpoint does not fit the training that it is said to be of");
  }
  if (const absl::Status status = checkpoint.ReadTensors(tensors); !status.ok()) {
    state_ = State::kBroken;
    return absl::InternalError(status.message());
  }
  progress_ = progress;
  state_ = State::kReady;
  return absl::OkStatus();
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
absl::Status Trainer::Save(const std::string& path, std::string_view key, std::string_view attachment) const {
  return impl_->Save(path, key, attachment);
}
absl::Status Trainer::Restore(const Checkpoint& checkpoint) { return impl_->Restore(checkpoint); }
void Trainer::SaveWithinEpochs(std::chrono::steady_clock::duration every, std::function<void()> save) {
  impl_->SaveWithinEpochs(every, std::move(save));
}
absl::StatusOr<Evaluation> Trainer::EvaluateTest(const std::atomic<bool>& cancelled) {
  return impl_->EvaluateTest(cancelled);
}

}  // namespace hpsearch::train
