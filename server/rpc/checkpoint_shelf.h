// The checkpoints that wait beside the database for their trials' next workers, as the server's services see them:
// which there are, who may put and get one, and when one is of no more use. The files are
// store/checkpoint_files.h's; what touches the disk runs on a small pool of this one's.
//
// Threads: as said at each method. Owned by the server; borrows strand, coordinator and quota. Errors: those of
// its parts.
#pragma once

#include <boost/asio/thread_pool.hpp>
#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <set>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "hpsearch/v1/checkpoint_transfer.pb.h"
#include "server/rpc/buffer_quota.h"
#include "server/rpc/checkpoint_limits.h"
#include "server/rpc/places.h"
#include "server/store/checkpoint_files.h"
#include "server/study/coordinator.h"
#include "server/study/event.h"
#include "server/study/strand.h"

namespace hpsearch::rpc {

// What workers are told of a checkpoint.
v1::CheckpointHeader ToMessage(const store::KeptCheckpoint& kept);

class CheckpointShelf {
 public:
  // A transfer that is under way.
  class Transfer {
   public:
    virtual ~Transfer() = default;
    virtual void EndIfStalled(std::chrono::steady_clock::time_point since) = 0;  // on the strand
  };

  CheckpointShelf(const std::string& folder, const CheckpointLimits& limits, study::Strand& strand,
                  study::Coordinator& coordinator, BufferQuota& quota);

  // On the strand. What the lease of that trial is to tell; nullopt: there is none.
  std::optional<v1::CheckpointHeader> HeaderOf(const std::string& study, std::int64_t trial) const;
  // The lease is the trial's newest and that process's. INVALID_ARGUMENT: no lease could be so.
  absl::Status Check(const v1::CheckpointLease& lease) const;
  // Those go that no worker could use: all of them, at the start; the trial's, once there is something new.
  void TidyUp();
  void Review(const store::CheckpointName& name);
  void Notify(const study::Event& event);
  // Transfers, from their beginning to their end, and the look at those that stand still: about once a second.
  void Enter(Transfer* transfer) { transfers_.insert(transfer); }
  void Leave(Transfer* transfer) { transfers_.erase(transfer); }
  void EndStalled();
  // nullptr: as many transfers are under way as may be. Given back on the strand as well.
  Place TakePlace();
  // From here on the coordinator is asked nothing.
  void Close() { closed_ = true; }

  // Any thread.
  void OnDisk(std::function<void()> task);
  store::CheckpointFiles& files() { return files_; }
  study::Strand& strand() { return strand_; }
  // Returns when all tasks have run. May come twice.
  void Stop() { pool_.join(); }

 private:
  const std::chrono::milliseconds stalls_;
  study::Strand& strand_;
  study::Coordinator& coordinator_;
  BufferQuota& quota_;
  store::CheckpointFiles files_;
  Places places_;
  std::set<Transfer*> transfers_;  // on the strand
  bool closed_ = false;            // the same
  boost::asio::thread_pool pool_;
};

}  // namespace hpsearch::rpc
