// What the worker has to tell of its leases, kept until the coordinator has said that it is stored: epochs, then
// the outcome. After a reconnect everything that is still here goes out again, in its order.
//
// Threads: one at a time; WorkerState guards it. No errors: what concerns a lease that is not here (revoked, or
// acknowledged already) is dropped in silence, as the protocol wants it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "hpsearch/v1/worker_service.pb.h"
#include "worker/agent/lease_id.h"

namespace hpsearch::agent {

class Outbox {
 public:
  // A message bears no more epochs than this, which keeps it far below gRPC's 4 MiB.
  static constexpr int kMostEpochs = 4096;

  void Open(const LeaseId& id);  // from here on the lease is held
  bool Holds(const LeaseId& id) const { return held_.contains(id); }
  void Report(const LeaseId& id, v1::Epoch epoch);  // consecutive
  void Finish(const LeaseId& id, v1::Outcome::Kind kind, const std::string& reason);

  void EpochsStored(const LeaseId& id, std::int64_t epoch);  // all up to this one
  void OutcomeStored(const LeaseId& id);                     // the lease is over
  void Drop(const LeaseId& id);                              // revoked: nothing more is said of it

  // The next message to send: all epochs that wait, of all leases, in one; then outcomes, each behind its epochs.
  // False when nothing waits.
  bool Take(v1::WorkerMessage* message);
  // A new connection: nothing has been said yet. The leases that are held, for the hello.
  std::vector<LeaseId> SendAgain();

  // Nothing is held and all is acknowledged.
  bool empty() const { return held_.empty(); }

 private:
  struct Held {
    std::deque<v1::Epoch> epochs;  // not acknowledged
    std::size_t sent = 0;          // of those, on this connection
    std::optional<v1::Outcome> outcome;
    bool outcome_sent = false;
    bool queued = false;  // in to_send_
  };
  void Queue(const LeaseId& id, Held& held);

  std::map<LeaseId, Held> held_;
  std::deque<LeaseId> to_send_;  // who has something to say, first come first; may name leases that are gone
};

}  // namespace hpsearch::agent
