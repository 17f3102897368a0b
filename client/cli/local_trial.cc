#include "client/cli/local_trial.h"

#include <fmt/format.h>

#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <optional>
#include <thread>
#include <utility>
#include <variant>

#include "client/cli/trial_ref.h"
#include "server/rpc/worker_codec.h"
#include "server/study/data_hash.h"
#include "server/study/spec.h"
#include "worker/agent/checkpoint_folder.h"
#include "worker/agent/lease_codec.h"
#include "worker/agent/offers.h"
#include "worker/agent/trial.h"
#include "worker/agent/trial_key.h"
#include "worker/data/catalog.h"
#include "worker/data/data_path.h"
#include "worker/nn/instruction_set.h"
#include "worker/train/checkpoint.h"
#include "worker/train/numerics_digest.h"

namespace hpsearch::cli {
namespace {

// Under which it was trained: of a trial that was taken over, that of the other.
std::int64_t NumberOf(const store::TrialRow& trial) {
  if (!trial.is_copy()) return trial.trial;
  const absl::StatusOr<TrialRef> ref = ParseTrialRef(*trial.reused_from);
  return ref.ok() ? ref->trial.value_or(trial.trial) : trial.trial;
}

absl::StatusOr<v1::Lease> LeaseOf(const LocalTrial& local, const study::StudySpec& spec) {
  absl::StatusOr<study::TrialPlan> plan = study::PlanOf(spec, local.trial.parameters);
  if (!plan.ok()) return plan.status();
  study::Lease lease = {.study = local.study.study, .trial = NumberOf(local.trial), .attempt = 1};
  lease.epochs = local.trial.epochs;
  lease.plan = *std::move(plan);
  lease.data_hash = study::HashIn(local.study.data_hash, study::DatasetOf(lease.plan));
  lease.plan.seed = local.trial.seed;
  lease.plan.replicate = local.trial.replicate;
  lease.objective = spec.objective;
  lease.keep_checkpoints = spec.checkpoints.keep;
  lease.spec_digest = spec.digest;
  return rpc::ToMessage(lease);
}

// The trainer on the thread that calls.
absl::Status UseTrainer(const LocalTrial& local, const std::function<absl::Status(train::Trainer&)>& use) {
  agent::Offers offers(std::make_shared<data::Catalog>(data::DataPath()), agent::Offers::Others::kNone);
  offers.Read({local.dataset.Key()}, [] { return false; });
  const agent::CheckpointFolder none("");
  auto prepared = agent::TrialTrainer(offers, none, [] {}).Prepare(local.lease);
  if (const auto* end = std::get_if<agent::TrialEnd>(&prepared)) return absl::FailedPreconditionError(end->reason);
  return use(*std::get<std::unique_ptr<train::Trainer>>(prepared));
}

std::optional<std::string> Differs(const std::string& metric, double trained,
                                   const std::optional<double>& stored) {
  if (std::isfinite(trained) ? stored == trained : !stored.has_value()) return std::nullopt;
  return fmt::format("{} is {}, stored is {}", metric, trained, stored ? fmt::format("{}", *stored) : "none");
}

}  // namespace

absl::StatusOr<LocalTrial> OpenLocalTrial(StudySource& source, const std::string& ref) {
  const absl::StatusOr<TrialRef> parsed = ParseTrialRef(ref);
  if (!parsed.ok()) return parsed.status();
  absl::StatusOr<store::StudyRow> study = source.Study(parsed->study);
  if (!study.ok()) return study.status();
  absl::StatusOr<store::TrialRow> trial =
      parsed->trial ? source.Trial(parsed->study, *parsed->trial) : source.BestTrial(parsed->study);
  if (!trial.ok()) return trial.status();
  absl::StatusOr<std::vector<store::EpochRow>> curve = source.Curve(parsed->study, trial->trial);
  if (!curve.ok()) return curve.status();
  if (curve->empty()) {
    return absl::NotFoundError(fmt::format("trial {}/{} has no epoch yet", parsed->study, trial->trial));
  }
  const absl::StatusOr<std::shared_ptr<const study::StudySpec>> spec = study::ReadSpec(study->spec);
  if (!spec.ok()) return spec.status();
  LocalTrial local = {.study = *std::move(study), .trial = *std::move(trial), .curve = *std::move(curve)};
  local.trial.epochs = static_cast<std::int64_t>(local.curve.size());
  // As the study's workers are, before anything is computed here.
  const model::InstructionSet instruction_set = nn::InstructionSetNamed(study::InstructionSetOf(**spec));
  if (absl::Status status = nn::PinInstructionSet(instruction_set); !status.ok()) return status;
  absl::StatusOr<v1::Lease> lease = LeaseOf(local, **spec);
  if (!lease.ok()) return lease.status();
  local.lease = *std::move(lease);
  absl::StatusOr<agent::LeasedTrial> decoded = agent::DecodeLease(local.lease);
  if (!decoded.ok()) return decoded.status();
  local.dataset = std::move(decoded->dataset);
  return local;
}

absl::Status CheckNumerics(const LocalTrial& local) {
  const absl::StatusOr<std::string> digest = train::NumericsDigest();
  if (!digest.ok()) return digest.status();
  if (*digest == local.study.numerics_digest) return absl::OkStatus();
  return absl::FailedPreconditionError(fmt::format(
      "study {} was trained by workers of numerics {}, this machine has {}: bits are promised within one "
      "digest alone",
      local.study.study, local.study.numerics_digest, *digest));
}

absl::Status WithTrainer(const LocalTrial& local, const std::function<absl::Status(train::Trainer&)>& use) {
  absl::Status status;
  std::thread([&] {
    try {
      status = UseTrainer(local, use);
    } catch (const std::bad_alloc&) {
      status = absl::ResourceExhaustedError("memory does not suffice for this trial");
    }
  }).join();
  return status;
}

std::string CheckpointsOfWorkers() {
  const auto folder = [](const char* variable) {
    const char* value = std::getenv(variable);
    return std::filesystem::path(value == nullptr ? "" : value);
  };
  if (const auto state = folder("XDG_STATE_HOME"); !state.empty()) return state / "hpsearch" / "checkpoints";
  if (const auto home = folder("HOME"); !home.empty()) return home / ".local/state/hpsearch/checkpoints";
  return "";
}

std::string CheckpointsBeside(const std::string& database) { return database + ".checkpoints"; }

std::string DifferenceOf(const train::EpochResult& trained, const std::vector<model::Metric>& metrics,
                         const store::EpochRow& stored) {
  std::vector<std::optional<std::string>> differences = {
      Differs("train_loss", trained.train_loss, stored.train_loss),
      Differs("train_error", trained.train_error, stored.train_error),
      Differs("validation_loss", trained.validation_loss, stored.validation_loss),
      Differs("validation_error", trained.validation_error, stored.validation_error),
      Differs("learning_rate", trained.learning_rate, stored.learning_rate)};
  for (std::size_t i = 0; i < metrics.size(); ++i) {
    for (const auto& [part, values] : {std::pair(model::MetricPart::kTrain, &trained.train_metrics),
                                       std::pair(model::MetricPart::kValidation, &trained.validation_metrics)}) {
      const std::string& name = MetricName(part, metrics[i]);
      differences.push_back(Differs(name, (*values)[i], store::ValueOf(stored, name)));
    }
  }
  // A row of an earlier version tells no norms.
  if (stored.gradient_norm) {
    differences.push_back(Differs("gradient_norm", trained.gradient_norm, stored.gradient_norm));
  }
  if (stored.weight_norm) differences.push_back(Differs("weight_norm", trained.weight_norm, stored.weight_norm));
  for (const std::optional<std::string>& difference : differences) {
    if (difference) return *difference;
  }
  return "";
}

absl::Status BringTo(const LocalTrial& local, std::int64_t epoch, const std::string& folder,
                     const std::atomic<bool>& cancelled, const std::function<void(std::int64_t)>& progress,
                     train::Trainer& trainer) {
  if (epoch < 1 || epoch > std::ssize(local.curve)) {
    return absl::NotFoundError(fmt::format("epoch {}; the trial has {}", epoch, local.curve.size()));
  }
  const absl::StatusOr<std::string> key = agent::KeyOf(local.lease);
  if (!key.ok()) return key.status();
  const agent::CheckpointPaths paths = agent::CheckpointFolder(folder).PathsOf(local.lease, *key);
  for (const std::string& path : {paths.best, paths.last, paths.previous()}) {
    if (folder.empty()) break;
    const absl::StatusOr<train::Checkpoint> checkpoint = train::Checkpoint::Open(path, *key);
    if (checkpoint.ok() && checkpoint->progress().epochs_done == epoch && checkpoint->progress().rows_done == 0 &&
        trainer.Restore(*checkpoint).ok()) {
      return absl::OkStatus();
    }
  }
  if (absl::Status status = CheckNumerics(local); !status.ok()) return status;
  while (trainer.epochs_done() < epoch) {
    const absl::StatusOr<train::EpochResult> result = trainer.NextEpoch(cancelled);
    if (!result.ok()) return result.status();
    const std::string difference = DifferenceOf(*result, trainer.training().metrics,
                                                local.curve[static_cast<std::size_t>(result->epoch - 1)]);
    if (!difference.empty()) {
      return absl::DataLossError(fmt::format("trained again, epoch {} is another: {}", result->epoch, difference));
    }
    if (result->diverged) {
      return absl::FailedPreconditionError(fmt::format("the trial diverged in epoch {}", result->epoch));
    }
    progress(result->epoch);
  }
  return absl::OkStatus();
}

}  // namespace hpsearch::cli
