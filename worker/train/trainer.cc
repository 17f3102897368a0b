#include "worker/train/trainer.h"

#include <omp.h>

#include <algorithm>
#include <atomic>
#include <limits>
#include <utility>
#include <variant>

#include "absl/strings/str_cat.h"
#include "worker/nn/bf16.h"
#include "worker/nn/instruction_set.h"
#include "worker/optim/schedule.h"
#include "worker/train/setup_check.h"
#include "worker/train/trainer_impl.h"
#include "worker/train/weights_digest.h"

namespace hpsearch::train {
namespace {

// Rows of a validation batch, where the network is not so wide that fewer fill the memory. They are part of what a
// curve's bits depend on.
std::int64_t ValidationRows(const model::Network& network) {
  return std::clamp<std::int64_t>(model::kMostBatchValues / ValuesOf(network), 1, 512);
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

}  // namespace

absl::Status UseThreads(std::int64_t count) {
  omp_set_dynamic(0);  // as many as are asked for, on however many cores
  omp_set_num_threads(static_cast<int>(count));
  if (count == 1) return absl::OkStatus();
  int given = 0;
#pragma omp parallel
#pragma omp master
  given = omp_get_num_threads();
  if (given == count) return absl::OkStatus();
  return absl::ResourceExhaustedError(absl::StrCat("the training is on ", count, " threads and OpenMP gives it ",
                                                   given, "; see OMP_THREAD_LIMIT"));
}

void UseOneThread() { UseThreads(1).IgnoreError(); }  // the thread itself, which is there

Trainer::Impl::Impl(TrialSetup setup)
    : setup_(std::move(setup)),
      source_{setup_.seed, setup_.replicate},
      validation_rows_(ValidationRows(setup_.network)),
      reader_(setup_.split, model::Elements(setup_.network.src)) {}

absl::Status Trainer::Impl::Build() {
  if (omp_get_max_threads() != setup_.training.threads) {
    return absl::FailedPreconditionError(
        absl::StrCat("UseThreads(", setup_.training.threads,
                     ") was not called on this thread: bits would depend on its cores"));
  }
  if (absl::Status status = nn::CheckPinned(setup_.training.instruction_set); !status.ok()) return status;
  if (setup_.training.precision == model::Precision::kBf16 && !nn::HasBf16()) {
    return absl::FailedPreconditionError(nn::kNoBf16);
  }
  if (absl::Status status = CheckSetup(setup_); !status.ok()) return status;
  absl::StatusOr<std::unique_ptr<nn::Graph>> graph =
      nn::Graph::Create(setup_.network, source_, setup_.training.precision);
  if (!graph.ok()) return graph.status();
  graph_ = *std::move(graph);
  loss_ = nn::MakeLoss(model::LossFor(setup_.training, setup_.network), graph_->dst_width(),
                       setup_.training.label_smoothing);
  if (regression()) {
    training_spread_ = SpreadOf(setup_.split.dataset->train.targets, setup_.split.training);
    validation_spread_ = SpreadOf(setup_.split.dataset->train.targets, setup_.split.validation);
  }
  MakeOptimizer();
  return MakePasses();
}

absl::Status Trainer::Impl::MakePasses() {
  const auto most_rows = static_cast<std::size_t>(std::max(setup_.training.batch_size, validation_rows_));
  regression() ? targets_.resize(most_rows) : labels_.resize(most_rows);
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
  } else if (result->diverged) {
    state_ = State::kDiverged;
  } else {
    AfterEpoch(*result);
  }
  return result;
}

std::vector<nn::Parameter*> Trainer::Impl::Weights() const {
  std::vector<nn::Parameter*> all = graph_->parameters();
  all.insert(all.end(), graph_->statistics().begin(), graph_->statistics().end());
  return all;
}

std::string Trainer::Impl::WeightsDigest() const { return DigestOf(Weights()); }

std::vector<std::span<float>> Trainer::Impl::Tensors() const {
  std::vector<std::span<float>> tensors;
  for (nn::Parameter* parameter : Weights()) tensors.push_back(parameter->value.span());
  for (const std::span<float> state : optimizer_->State()) tensors.push_back(state);
  return tensors;
}

void Trainer::Impl::SaveWithinEpochs(std::chrono::steady_clock::duration every, std::function<void()> save) {
  save_every_ = every;
  save_ = std::move(save);
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
  if (absl::Status status = checkpoint.ReadTensors(tensors); !status.ok()) {
    state_ = State::kBroken;
    return status;
  }
  progress_ = progress;
  state_ = State::kReady;
  return absl::OkStatus();
}

absl::StatusOr<std::unique_ptr<Trainer::Impl>> Trainer::Impl::Afresh() const {
  auto afresh = std::make_unique<Impl>(setup_);
  if (absl::Status status = afresh->Build(); !status.ok()) return status;
  afresh->SaveWithinEpochs(save_every_, save_);
  return afresh;
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
const model::Training& Trainer::training() const { return impl_->training(); }
std::string Trainer::WeightsDigest() const { return impl_->WeightsDigest(); }
absl::Status Trainer::Save(const std::string& path, std::string_view key, std::string_view attachment) const {
  return impl_->Save(path, key, attachment);
}
absl::Status Trainer::Restore(const Checkpoint& checkpoint) {
  absl::Status status = impl_->Restore(checkpoint);
  if (status.ok() || !impl_->broken()) return status;
  absl::StatusOr<std::unique_ptr<Impl>> afresh = impl_->Afresh();
  if (!afresh.ok()) return afresh.status();
  impl_ = *std::move(afresh);
  return status;
}
bool Trainer::between_epochs() const { return impl_->between_epochs(); }
void Trainer::SaveWithinEpochs(std::chrono::steady_clock::duration every, std::function<void()> save) {
  impl_->SaveWithinEpochs(every, std::move(save));
}
absl::StatusOr<Evaluation> Trainer::EvaluateTest(const std::atomic<bool>& cancelled) {
  return impl_->EvaluateTest(cancelled);
}

}  // namespace hpsearch::train
