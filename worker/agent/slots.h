// The worker's slots: threads that train leases, one at a time each, side by side.
//
// Threads: Submit, Cancel and CancelAll from any thread; Start, Close and the destructor from the owner's. Every
// lease that is submitted is finished in the state once, cancelled or not. No errors: how a trial ended is its
// outcome.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "hpsearch/v1/worker_service.pb.h"
#include "worker/agent/lease_id.h"
#include "worker/agent/worker_state.h"

namespace hpsearch::agent {

struct TrialEnd {
  v1::Outcome::Kind kind = v1::Outcome::FAILED;
  std::string reason;
};

// Trains a lease to its end, on the calling thread, which does nothing else; `cancelled` ends it at the next step.
using TrainLease = std::function<TrialEnd(const v1::Lease& lease, const std::atomic<bool>& cancelled,
                                          const std::function<void(v1::Epoch)>& report)>;

class Slots {
 public:
  Slots(std::int64_t count, TrainLease train, WorkerState& state);
  ~Slots();  // closes

  // `on_thread` runs on each new thread before its first lease.
  void Start(const std::function<void()>& on_thread);
  void Submit(v1::Lease lease);
  void Cancel(const LeaseId& id);
  void CancelAll();  // those that are submitted from here on, too
  void Close();      // CancelAll, and waits for the threads; any number of times, from the owner's thread

 private:
  void TrainAll();
  void Train(const v1::Lease& lease, const std::atomic<bool>& cancelled);

  const std::int64_t count_;
  const TrainLease train_;
  WorkerState& state_;
  std::vector<std::thread> threads_;

  std::mutex mutex_;  // guards all below
  std::condition_variable changed_;
  std::deque<v1::Lease> waiting_;
  std::map<LeaseId, std::shared_ptr<std::atomic<bool>>> cancelled_;  // of those that wait or train
  bool cancel_all_ = false;
  bool closed_ = false;
};

}  // namespace hpsearch::agent
