#include "worker/agent/trial_checkpoints.h"

#include <chrono>
#include <cstdio>
#include <filesystem>
#include <system_error>
#include <utility>

#include "spdlog/spdlog.h"
#include "worker/agent/trial_key.h"
#include "worker/train/checkpoint.h"

namespace hpsearch::agent {
namespace {

namespace fs = std::filesystem;

// Within an epoch; what a crash costs at most.
constexpr std::chrono::seconds kWithinEpochs{30};

}  // namespace

TrialCheckpoints::TrialCheckpoints(const CheckpointFolder& folder, const v1::Lease& lease, train::Trainer& trainer)
    : folder_(folder), lease_(lease), trainer_(trainer) {
  note_.set_study(lease.study());
  note_.set_trial(lease.trial());
  if (folder.off()) return;
  absl::StatusOr<std::string> key = KeyOf(lease);
  absl::StatusOr<CheckpointPaths> paths =
      key.ok() ? folder.PathsOf(lease.study(), *key) : absl::StatusOr<CheckpointPaths>(key.status());
  if (!paths.ok()) {
    spdlog::warn("{}/{}: no checkpoints: {}", lease.study(), lease.trial(), std::string(paths.status().message()));
    return;
  }
  key_ = *std::move(key);
  paths_ = *std::move(paths);
  trainer.SaveWithinEpochs(kWithinEpochs, [this] { Save(); });
}

bool TrialCheckpoints::ResumeFrom(const std::string& path) {
  const absl::StatusOr<train::Checkpoint> checkpoint = train::Checkpoint::Open(path, key_);
  if (absl::IsNotFound(checkpoint.status())) return false;
  absl::Status status = checkpoint.status();
  v1::CheckpointNote note;
  if (checkpoint.ok()) {
    const std::int64_t epochs = checkpoint->progress().epochs_done;
    const bool beyond =
        epochs > lease_.epochs() || (epochs == lease_.epochs() && checkpoint->progress().rows_done > 0);
    if (beyond) return false;
    if (!note.ParseFromString(checkpoint->attachment()) || note.epochs_size() != epochs) {
      status = absl::DataLossError(path + " has another curve than its epochs");
    } else {
      status = trainer_.Restore(*checkpoint);
    }
  }
  if (!status.ok()) {
    spdlog::warn("{}/{}: {}", lease_.study(), lease_.trial(), std::string(status.message()));
    return false;
  }
  note_.mutable_epochs()->Swap(note.mutable_epochs());
  return true;
}

std::vector<v1::Epoch> TrialCheckpoints::Resume() {
  if (!paths_.has_value()) return {};
  if (!ResumeFrom(paths_->last) && !ResumeFrom(paths_->previous())) return {};
  for (const v1::Epoch& epoch : note_.epochs()) best_.Take(lease_.objective(), epoch);
  return {note_.epochs().begin(), note_.epochs().end()};
}

void TrialCheckpoints::Save() {
  if (!paths_.has_value()) return;
  const absl::Status status = trainer_.Save(paths_->last, key_, note_.SerializeAsString());
  if (status.ok() || std::exchange(warned_, true)) return;
  spdlog::warn("{}/{}: no checkpoint behind epoch {}: {}", lease_.study(), lease_.trial(), trainer_.epochs_done(),
               std::string(status.message()));
}

void TrialCheckpoints::AfterEpoch(const v1::Epoch& epoch) {
  if (!paths_.has_value()) return;
  *note_.add_epochs() = epoch;
  const bool counts = best_.Take(lease_.objective(), epoch);
  note_.set_finished(epoch.epoch() == lease_.epochs());
  if (note_.finished() && best_.value) note_.set_objective(*best_.value);
  Save();
  if (!counts || lease_.objective().at() == "last") return;
  // The same file under a second name: nothing is written twice, and `last` is renamed away, never changed.
  const std::string aside = paths_->best + ".aside";
  std::error_code error;
  fs::remove(aside, error);
  fs::create_hard_link(paths_->last, aside, error);
  if (!error) fs::rename(aside, paths_->best, error);
  if (error && !std::exchange(warned_, true)) {
    spdlog::warn("{}/{}: {}: {}", lease_.study(), lease_.trial(), paths_->best, error.message());
  }
}

void TrialCheckpoints::Finished() {
  if (!paths_.has_value()) return;
  std::error_code error;
  fs::remove(paths_->previous(), error);
  if (const absl::Status status = folder_.KeepBest(lease_); !status.ok()) {
    spdlog::warn("{}: old checkpoints stay: {}", lease_.study(), std::string(status.message()));
  }
}

void TrialCheckpoints::Diverged() {
  if (!paths_.has_value()) return;
  std::error_code error;
  for (const std::string& path : {paths_->last, paths_->previous(), paths_->best}) fs::remove(path, error);
}

}  // namespace hpsearch::agent
