// What the slots, the session and whoever ends the worker share: the outbox, how many slots are free, whether the
// worker is to end, and how the connection stands. The one thing that its session waits on.
//
// Threads: any. The lock is a leaf: nothing is called under it. No errors.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "hpsearch/v1/worker_service.pb.h"
#include "worker/agent/lease_id.h"
#include "worker/agent/outbox.h"

namespace hpsearch::agent {

class WorkerState {
 public:
  using Time = std::chrono::steady_clock::time_point;
  using Duration = std::chrono::steady_clock::duration;

  explicit WorkerState(std::int64_t slots) : slots_(slots), free_(slots) {}

  // From the slots. Finish frees the slot.
  void Report(const LeaseId& id, v1::Epoch epoch);
  void Finish(const LeaseId& id, v1::Outcome::Kind kind, const std::string& reason);
  // A data set is no longer what the hello says: nothing more is said on this connection, which is to be cut off.
  void OffersChanged();

  // From the coordinator. Accept takes a slot; false: there is nothing to train, for the lease is held already, or
  // it goes back as RETURNED because the worker ends or has no slot for it. Until it is over, something is to be
  // said every `beat`.
  bool Accept(const LeaseId& id, Duration beat);
  void EpochsStored(const LeaseId& id, std::int64_t epoch);
  void OutcomeStored(const LeaseId& id);
  void Revoked(const LeaseId& id);
  void Drained();  // to our drain: no lease comes any more

  bool TakeOffersChanged();  // between two connections: whether that ended the last one
  // One connection's life, in this order. Connecting: the hello is being written, and these leases go with it; the
  // welcome is to come within `welcome`, and the end within `close` after our last word. Welcomed: something is to
  // be said every `heartbeat`.
  std::vector<LeaseId> Connecting(Duration welcome, Duration close);
  void Welcomed(Duration heartbeat);
  void Written();  // the message under way is out
  void Lost();     // nothing more comes or goes
  enum class Turn {
    kMessage,   // `message` is to be written; Written() is to follow
    kFinished,  // the worker is to end, and nothing is left to do or to be acknowledged: that was our last word
    kLost,
  };
  // Waits for the next turn of whoever writes: nothing before Welcomed(), nor while a message is under way.
  Turn Next(v1::WorkerMessage* message);
  // What waits beside the message of this turn, before that is written; false: nothing.
  bool More(v1::WorkerMessage* message);
  // Waits for Lost(). False: it is to be cut off, for it did not answer in time, or there is nobody to wait for
  // any more: the time to stop is up, the worker is through before it was welcomed, or its offers have changed.
  bool WaitLost();

  // The worker is to end: once its trials are through and everything is acknowledged; or, stopping, at the latest
  // at `latest`. Any number of times; stopping goes before draining.
  void Drain();
  void Stop(Time latest);
  bool ending() const;
  // Waits at most until `deadline`; true as soon as the worker is through, its time to stop included.
  bool WaitFinished(Time deadline);

 private:
  bool TimeIsUp(Time now) const { return stop_ && now >= *stop_; }
  bool Through() const { return draining_ && free_ == slots_ && outbox_.empty(); }
  Duration Beat() const;
  bool TakeMessage(Time now, v1::WorkerMessage* message);
  void WaitUntil(std::unique_lock<std::mutex>& lock, std::optional<Time> deadline);

  const std::int64_t slots_;
  mutable std::mutex mutex_;  // guards all below
  std::condition_variable changed_;
  Outbox outbox_;
  std::map<LeaseId, Duration> beats_;  // of the leases that are held
  std::int64_t free_;                  // slots without a lease
  std::int64_t told_ = 0;              // of those, said to be ready on this connection
  bool draining_ = false;
  bool drain_told_ = false;   // on this connection
  bool drained_ = false;      // and answered: no lease is on its way
  std::optional<Time> stop_;  // set: stopping, until then
  bool offers_changed_ = false;
  bool welcomed_ = false;
  bool writing_ = false;
  bool lost_ = false;
  Duration close_{}, heartbeat_{};
  std::optional<Time> answer_by_;  // the welcome is due, or after our last word the end
  Time speak_by_;                  // our heartbeat is due
};

}  // namespace hpsearch::agent
