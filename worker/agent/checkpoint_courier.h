// Carries checkpoints between this worker's folder and the coordinator, so that a trial can go on in another
// machine: puts the newest one of a trial that trains for long now and then, and of one that is handed back at
// once; gets the one that a lease tells of. None of it is needed for a trial's end or its bits: what goes wrong is
// said in the log, and costs time at most. A server that knows none of this is asked once.
//
// Threads: any; Start and Stop from the owner's, Stop also from others, any number of times. What is put in the
// background goes out on one thread, one after the other. Ownership: borrows the stub.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <thread>

#include "absl/status/status.h"
#include "hpsearch/v1/worker_service.grpc.pb.h"
#include "worker/agent/lease_id.h"

namespace grpc {
class ClientContext;
}
namespace hpsearch::train {
class Checkpoint;
}

namespace hpsearch::agent {

class CheckpointCourier {
 public:
  using Clock = std::chrono::steady_clock;

  struct Who {
    std::string worker, instance;                      // as in the hello
    bool puts = true;                                  // else it gets alone: the server is in this process
    Clock::duration every = std::chrono::seconds(10);  // between two of a trial that goes on
  };
  CheckpointCourier(v1::WorkerService::Stub& stub, Who who) : stub_(stub), who_(std::move(who)) {}
  ~CheckpointCourier();

  // The thread that puts in the background. std::system_error: there is none to be had.
  void Start();
  // Ends what is under way; nothing is carried from here on.
  void Stop();

  // The lease's newest checkpoint lies there: the file that does so by then is put, unless the last one was put
  // not long ago. Returns at once.
  void Offer(const v1::Lease& lease, const std::string& path, const std::string& key);
  // The same before the lease is handed back: now, and no more than some seconds, by the size.
  void PutNow(const v1::Lease& lease, const std::string& path, const std::string& key);
  // The lease is over: nothing of it is offered any more.
  void Forget(const LeaseId& id);

  // Writes the coordinator's checkpoint of the lease's trial to a new file. Its parts have come as they were sent;
  // whether it is one of that training, its reader finds. An error leaves no file.
  absl::Status Get(const v1::Lease& lease, const std::string& path);

 private:
  struct Held {
    std::int64_t steps = -1;  // of the farthest that the coordinator has, as far as is known
    Clock::time_point next;   // not before
    bool queued = false;
    std::string path, key;
  };
  // A call that is under way, which Stop ends.
  class Call;

  Held& HeldOf(const v1::Lease& lease, const std::string& path, const std::string& key);  // with mutex_
  void PutAll();
  // What lies there, where it is farther than what the coordinator has. OK also where it is not.
  absl::Status Put(const LeaseId& id, const std::string& path, const std::string& key, std::int64_t most_bytes);
  absl::Status Send(const LeaseId& id, const train::Checkpoint& checkpoint, const v1::CheckpointHeader& header);
  absl::Status Receive(Call& call, const v1::GetCheckpointRequest& request, const std::string& path);
  v1::CheckpointLease LeaseOf(const LeaseId& id) const;

  v1::WorkerService::Stub& stub_;
  const Who who_;
  std::atomic<bool> unknown_ = false;  // to the server

  std::mutex mutex_;  // guards all below
  std::condition_variable changed_;
  bool stopped_ = false;
  std::map<LeaseId, Held> held_;  // of leases that train
  std::deque<LeaseId> queue_;     // may name leases that are over
  std::set<grpc::ClientContext*> calls_;
  std::thread thread_;
};

}  // namespace hpsearch::agent
