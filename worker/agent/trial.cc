#include "worker/agent/trial.h"

#include <cmath>
#include <cstddef>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "fmt/format.h"
#include "server/failpoint/failpoint.h"
#include "server/model/fault.h"
#include "server/model/metric.h"
#include "server/model/network.h"
#include "worker/agent/lease_codec.h"
#include "worker/agent/trial_checkpoints.h"
#include "worker/data/split.h"
#include "worker/train/trainer.h"

namespace hpsearch::agent {
namespace {

TrialEnd EndedBy(v1::Outcome::Kind kind, const absl::Status& status) {
  return {kind, std::string(status.message())};
}

void AddMetrics(model::MetricPart part, const std::vector<model::Metric>& metrics,
                const std::vector<double>& values, v1::Epoch& epoch) {
  for (std::size_t i = 0; i < values.size(); ++i) {
    v1::MetricValue* metric = epoch.add_metrics();
    metric->set_name(MetricName(part, metrics[i]));
    if (std::isfinite(values[i])) metric->set_value(values[i]);
  }
}

v1::Epoch ToMessage(const train::EpochResult& result, const std::vector<model::Metric>& metrics) {
  v1::Epoch epoch;
  epoch.set_epoch(result.epoch);
  if (std::isfinite(result.train_loss)) epoch.set_train_loss(result.train_loss);
  if (std::isfinite(result.train_error)) epoch.set_train_error(result.train_error);
  if (std::isfinite(result.validation_loss)) epoch.set_validation_loss(result.validation_loss);
  if (std::isfinite(result.validation_error)) epoch.set_validation_error(result.validation_error);
  epoch.set_learning_rate(result.learning_rate);
  epoch.set_seconds(result.seconds);
  if (std::isfinite(result.gradient_norm)) epoch.set_gradient_norm(result.gradient_norm);
  if (std::isfinite(result.weight_norm)) epoch.set_weight_norm(result.weight_norm);
  if (std::isfinite(result.samples_per_second)) epoch.set_samples_per_second(result.samples_per_second);
  AddMetrics(model::MetricPart::kTrain, metrics, result.train_metrics, epoch);
  AddMetrics(model::MetricPart::kValidation, metrics, result.validation_metrics, epoch);
  return epoch;
}

}  // namespace

TrialTrainer::TrialTrainer(Offers& offers, const CheckpointFolder& checkpoints,
                           std::function<void()> offers_changed, Handover handover)
    : offers_(offers),
      checkpoints_(checkpoints),
      offers_changed_(std::move(offers_changed)),
      handover_(handover) {}

std::variant<std::unique_ptr<train::Trainer>, TrialEnd> TrialTrainer::Prepare(const v1::Lease& lease) const {
  absl::StatusOr<LeasedTrial> trial = DecodeLease(lease);
  if (!trial.ok()) return EndedBy(v1::Outcome::FAILED, trial.status());
  const std::string& key = trial->dataset.Key();
  // Only what was offered: a lease must not make us read any path that it names.
  if (!offers_.Knows(key)) {
    return TrialEnd{v1::Outcome::FAILED, fmt::format("this worker has not offered {}", key)};
  }
  absl::StatusOr<std::shared_ptr<const data::Dataset>> dataset =
      offers_.Take(trial->dataset, lease.data_hash(), offers_changed_);
  // On equal content the mapping fits nowhere else either.
  if (absl::IsInvalidArgument(dataset.status())) return EndedBy(v1::Outcome::DATA_FAULT, dataset.status());
  // It is this worker's trouble: another may have the set.
  if (!dataset.ok()) return EndedBy(v1::Outcome::RETURNED, dataset.status());
  model::Faults faults;
  model::Network network = model::ReadNetwork(trial->model, (*dataset)->shape.sample, faults);
  if (!faults.empty()) return EndedBy(v1::Outcome::FAILED, model::ToStatus(faults));
  trial->training.loss = LossFor(trial->training, network);
  absl::StatusOr<data::Split> split =
      data::MakeSplit(*dataset, data::PlanOf(trial->dataset, trial->training, trial->seed));
  if (!split.ok()) return EndedBy(v1::Outcome::DATA_FAULT, split.status());

  if (absl::Status status = train::UseThreads(trial->training.threads); !status.ok()) {
    return EndedBy(v1::Outcome::FAILED, status);
  }
  absl::StatusOr<std::unique_ptr<train::Trainer>> trainer = train::Trainer::Create(
      {std::move(network), trial->training, *std::move(split), trial->seed, trial->replicate});
  if (!trainer.ok()) {
    // A plan that does not fit the data would fail in every trial of the study.
    const bool misfit = trainer.status().code() == absl::StatusCode::kInvalidArgument;
    return EndedBy(misfit ? v1::Outcome::DATA_FAULT : v1::Outcome::FAILED, trainer.status());
  }
  return *std::move(trainer);
}

TrialEnd TrialTrainer::Train(const v1::Lease& lease, const std::atomic<bool>& cancelled,
                             const std::function<void(v1::Epoch)>& report) const {
  failpoint::Failpoint("worker.trial.begun");
  auto prepared = Prepare(lease);
  if (auto* const end = std::get_if<TrialEnd>(&prepared)) return std::move(*end);
  train::Trainer& trainer = *std::get<std::unique_ptr<train::Trainer>>(prepared);
  failpoint::Failpoint("worker.trial.prepared");
  TrialCheckpoints checkpoints(checkpoints_, lease, trainer, handover_.courier);
  for (v1::Epoch& epoch : checkpoints.Resume()) report(std::move(epoch));
  failpoint::Failpoint("worker.trial.resumed");
  while (trainer.epochs_done() < lease.epochs()) {
    if (handover_.draining != nullptr && *handover_.draining) {
      checkpoints.HandedBack();
      return {v1::Outcome::RETURNED, "the worker is drained"};
    }
    const absl::StatusOr<train::EpochResult> result = trainer.NextEpoch(cancelled);
    if (!result.ok()) {
      const bool stopped = result.status().code() == absl::StatusCode::kCancelled;
      if (stopped) checkpoints.Stopped();
      return EndedBy(stopped ? v1::Outcome::RETURNED : v1::Outcome::FAILED, result.status());
    }
    failpoint::Failpoint("worker.trial.epoch");
    v1::Epoch epoch = ToMessage(*result, trainer.training().metrics);
    if (result->diverged) {
      report(std::move(epoch));
      checkpoints.Diverged();
      return {v1::Outcome::DIVERGED, fmt::format("the loss of epoch {} is not finite", result->epoch)};
    }
    // Before the report: what is stored of a trial that is then lost need not be trained again.
    checkpoints.AfterEpoch(epoch);
    failpoint::Failpoint("worker.trial.saved");
    report(std::move(epoch));
  }
  failpoint::Failpoint("worker.trial.reported");
  checkpoints.Finished();
  return {v1::Outcome::COMPLETED, ""};
}

}  // namespace hpsearch::agent
