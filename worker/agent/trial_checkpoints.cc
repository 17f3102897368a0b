#include "worker/agent/trial_checkpoints.h"

#include <chrono>
#include <filesystem>
#include <system_error>
#include <utility>

#include "server/failpoint/failpoint.h"
#include "spdlog/spdlog.h"
#include "worker/agent/lease_id.h"
#include "worker/agent/trial_key.h"
#include "worker/train/checkpoint.h"

namespace hpsearch::agent {
namespace {

namespace fs = std::filesystem;

// Within an epoch; what a crash costs at most.
constexpr std::chrono::seconds kWithinEpochs{30};
// So many epochs have one each; behind those there is as long between two as one takes, this many times.
constexpr int kEachOf = 1000;
constexpr int kLeastBetween = 10;

}  // namespace

TrialCheckpoints::TrialCheckpoints(const CheckpointFolder& folder, const v1::Lease& lease, train::Trainer& trainer,
                                   CheckpointCourier* courier)
    : folder_(folder), lease_(lease), trainer_(trainer), courier_(courier) {
  note_.set_study(lease.study());
  note_.set_trial(lease.trial());
  if (folder.off()) return;
  absl::StatusOr<std::string> key = KeyOf(lease);
  const absl::Status status = key.ok() ? folder.Make(lease) : key.status();
  if (!status.ok()) {
    spdlog::warn("{}/{}: no checkpoints: {}", lease.study(), lease.trial(), std::string(status.message()));
    return;
  }
  key_ = *std::move(key);
  paths_ = folder.PathsOf(lease, key_);
  trainer.SaveWithinEpochs(kWithinEpochs, [this] { Save(); });
}

TrialCheckpoints::~TrialCheckpoints() {
  if (courier_ != nullptr) courier_->Forget(IdOf(lease_));
}

bool TrialCheckpoints::Fetch() {
  if (courier_ == nullptr || !lease_.has_checkpoint() || lease_.checkpoint().key() != key_) return false;
  for (const std::string& own : {paths_->last, paths_->previous()}) {
    const absl::StatusOr<train::Checkpoint> here = train::Checkpoint::Open(own, key_);
    if (here.ok() && here->progress().steps_done >= lease_.checkpoint().steps()) return false;
  }
  const std::string aside = train::AsideOf(paths_->last);
  absl::Status status = courier_->Get(lease_, aside);
  if (status.ok()) status = train::Checkpoint::Open(aside, key_).status();
  if (status.ok()) status = train::PutInPlace(aside, paths_->last);
  if (status.ok()) return true;
  std::error_code ignored;
  fs::remove(aside, ignored);
  spdlog::warn("{}/{}: the coordinator's checkpoint is of no use: {}", lease_.study(), lease_.trial(),
               std::string(status.message()));
  return false;
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
  // It was among those that keep their weights, and is until it has ended again.
  note_.set_finished(note.finished());
  if (note.has_objective()) note_.set_objective(note.objective());
  saved_epochs_ = trainer_.epochs_done();
  return true;
}

std::optional<std::string> TrialCheckpoints::ResumeFromOther() {
  for (const CheckpointPaths& other : folder_.OthersOf(lease_, key_)) {
    if (!ResumeFrom(other.last)) continue;
    note_.clear_finished();
    note_.clear_objective();
    return other.best;
  }
  return std::nullopt;
}

void TrialCheckpoints::KeepBestOf(const std::string& path) {
  const absl::StatusOr<train::Checkpoint> best = train::Checkpoint::Open(path, key_);
  if (best.ok() && best->progress().epochs_done == best_.epoch && best->progress().rows_done == 0)
    KeepAsBest(path);
}

std::vector<v1::Epoch> TrialCheckpoints::Resume() {
  if (!paths_.has_value()) return {};
  const bool fetched = Fetch();
  const bool from_last = ResumeFrom(paths_->last);
  std::optional<std::string> others_best;
  if (!from_last && !ResumeFrom(paths_->previous())) {
    others_best = ResumeFromOther();
    if (!others_best) return {};
  }
  spdlog::info("{}/{} goes on behind epoch {}{}", lease_.study(), lease_.trial(), trainer_.epochs_done(),
               fetched && from_last ? ", from the coordinator's checkpoint" : "");
  for (const v1::Epoch& epoch : note_.epochs()) best_.Take(lease_.objective(), epoch);
  if (others_best) KeepBestOf(*others_best);
  return {note_.epochs().begin(), note_.epochs().end()};
}

bool TrialCheckpoints::Save() {
  if (!paths_.has_value()) return false;
  const Clock::time_point begun = Clock::now();
  const absl::Status status = trainer_.Save(paths_->last, key_, note_.SerializeAsString());
  saved_at_ = Clock::now();
  saving_took_ = saved_at_ - begun;
  if (status.ok()) {
    saved_epochs_ = trainer_.epochs_done();
    if (courier_ != nullptr) courier_->Offer(lease_, paths_->last, key_);
  } else if (!std::exchange(warned_, true)) {
    spdlog::warn("{}/{}: no checkpoint behind epoch {}: {}", lease_.study(), lease_.trial(),
                 trainer_.epochs_done(), std::string(status.message()));
  }
  return status.ok();
}

void TrialCheckpoints::AfterEpoch(const v1::Epoch& epoch) {
  if (!paths_.has_value()) return;
  *note_.add_epochs() = epoch;
  const bool counts = best_.Take(lease_.objective(), epoch);
  const bool last = epoch.epoch() == lease_.epochs();
  if (last && !lease_.may_go_on()) Finish();
  // A checkpoint holds the whole curve: behind each of a million short epochs it would cost more than they do.
  const bool due = note_.epochs_size() <= kEachOf || Clock::now() - saved_at_ >= kLeastBetween * saving_took_;
  if ((last || due) && Save() && counts) KeepAsBest(paths_->last);
}

void TrialCheckpoints::Finish() {
  note_.set_finished(true);
  note_.clear_objective();
  if (best_.value) note_.set_objective(*best_.value);
}

void TrialCheckpoints::KeepAsBest(const std::string& path) {
  if (lease_.objective().at() == "last") return;
  // The same file under a second name: nothing is written twice, and files are renamed away, never changed.
  const std::string aside = paths_->best + ".aside";
  std::error_code error;
  fs::remove(aside, error);
  fs::create_hard_link(path, aside, error);
  failpoint::Failpoint("worker.checkpoint.best_linked");
  if (!error) fs::rename(aside, paths_->best, error);
  failpoint::Failpoint("worker.checkpoint.best_renamed");
  if (error && !std::exchange(warned_, true)) {
    spdlog::warn("{}/{}: {}: {}", lease_.study(), lease_.trial(), paths_->best, error.message());
  }
}

void TrialCheckpoints::Stopped() {
  // Within an epoch the trainer has seen to it.
  if (paths_.has_value() && trainer_.between_epochs() && saved_epochs_ != trainer_.epochs_done()) Save();
}

void TrialCheckpoints::HandedBack() {
  Stopped();
  if (paths_.has_value() && courier_ != nullptr) courier_->PutNow(lease_, paths_->last, key_);
}

void TrialCheckpoints::Finished() {
  if (!paths_.has_value()) return;
  if (lease_.may_go_on()) {
    HandedBack();
    return KeepBest();
  }
  if (!note_.finished()) {  // all of its epochs came from a checkpoint of more
    Finish();
    Save();
  }
  std::error_code error;
  fs::remove(paths_->previous(), error);
  failpoint::Failpoint("worker.checkpoint.finished");
  KeepBest();
}

void TrialCheckpoints::KeepBest() const {
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
