// The checkpoints of one lease: goes on from the newest that is whole, here or with the coordinator, writes one
// behind each epoch (of very many short ones, not behind each) and within long ones, and has them carried to the
// coordinator for the trial's next worker. That a checkpoint cannot be written or read is said in the log and
// keeps no trial from its end: it costs the time of training again, never a bit.
//
// Threads: the slot's. Ownership: borrows folder, lease, trainer and courier. No errors.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "hpsearch/v1/checkpoint.pb.h"
#include "hpsearch/v1/worker_service.pb.h"
#include "worker/agent/best_epoch.h"
#include "worker/agent/checkpoint_courier.h"
#include "worker/agent/checkpoint_folder.h"
#include "worker/train/trainer.h"

namespace hpsearch::agent {

class TrialCheckpoints {
 public:
  // `courier` may be null: then they stay in the folder.
  TrialCheckpoints(const CheckpointFolder& folder, const v1::Lease& lease, train::Trainer& trainer,
                   CheckpointCourier* courier);
  ~TrialCheckpoints();
  TrialCheckpoints(const TrialCheckpoints&) = delete;
  TrialCheckpoints& operator=(const TrialCheckpoints&) = delete;

  // Brings the trainer to the newest checkpoint that is whole and has no more epochs than the lease. The curve up
  // to there, from epoch 1; empty: it begins at the beginning.
  std::vector<v1::Epoch> Resume();
  // Behind an epoch that did not diverge, the trainer being there.
  void AfterEpoch(const v1::Epoch& epoch);
  // The lease ends before its last epoch.
  void Stopped();
  // The same between two epochs; another worker is to go on.
  void HandedBack();
  // All epochs of the lease are done: of the study's trials, the best keep their weights. One that may go on keeps
  // its checkpoint, and the coordinator has it.
  void Finished();
  // The curve ended in divergence: there is nothing to go on from.
  void Diverged();

 private:
  using Clock = std::chrono::steady_clock;

  // Puts the coordinator's checkpoint in the place of the folder's newest, where it is farther. False: it is not
  // so.
  bool Fetch();
  bool ResumeFrom(const std::string& path);
  // From another trial that trained the same, for fewer epochs; where its best lies.
  std::optional<std::string> ResumeFromOther();
  // Another trial's best, where that is the best of this one too: its study may have asked for another.
  void KeepBestOf(const std::string& path);
  bool Save();
  void Finish();  // in the note
  void KeepAsBest(const std::string& path);
  void KeepBest() const;

  const CheckpointFolder& folder_;
  const v1::Lease& lease_;
  train::Trainer& trainer_;
  CheckpointCourier* const courier_;
  std::string key_;
  std::optional<CheckpointPaths> paths_;  // nullopt: none are written
  v1::CheckpointNote note_;
  BestEpoch best_;
  std::int64_t saved_epochs_ = 0;
  Clock::time_point saved_at_;
  Clock::duration saving_took_{};
  bool warned_ = false;
};

}  // namespace hpsearch::agent
