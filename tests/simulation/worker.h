// A worker's process that trains nothing: slots in which epochs take their time and come out as studies.h has
// them. What it keeps and sends again is agent::Outbox, how long it waits to reconnect is agent::Backoff; the
// turns between them are those of agent::WorkerState, which cannot be had without threads and a clock of its own.
//
// It is honest but mortal: it is killed, stopped, drained, loses its connection, and finds its name taken.
//
// Threads: the world's. Ownership: the fleet's; events hold it weakly, so that a dead one's never come to be.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "tests/simulation/scenario.h"
#include "tests/simulation/session.h"
#include "worker/agent/backoff.h"
#include "worker/agent/outbox.h"

namespace hpsearch::simulation {

// What outlives the processes of a machine.
struct Host {
  HostPlan plan;
  std::map<std::pair<std::string, std::int64_t>, std::int64_t> checkpoints;  // epochs by study and trial
  std::int64_t processes = 0;
  Micros cut_off_until = 0;  // nothing gets through to it, or from it
};

class Worker : public std::enable_shared_from_this<Worker> {
 public:
  Worker(Nature& nature, Server& server, const Delays& network, Host& host);

  void Start();
  void Kill();
  void Stop(Micros until);  // SIGSTOP and SIGCONT
  void Drain();             // takes no more, and ends once all is told
  void Terminate();         // the same at once: what it trains goes back
  void Disconnect();        // the connection breaks
  // Nothing comes through for so long; then all that waited does, or the connection is found to be dead.
  void CutOff(Micros until);

  bool alive() const { return alive_; }
  bool stopped() const { return stopped_; }
  bool holds_nothing() const { return outbox_.empty(); }
  const std::string& instance() const { return instance_; }

 private:
  class Line;
  struct Training {
    study::Lease lease;
    Point point;
    std::int64_t epochs = 0;
    std::int64_t fails_after = -1;  // epochs; -1: it does not
    bool cancelled = false;
  };

  // Once the process runs; not at all once it is dead.
  void Do(std::function<void()> act);
  void After(Micros delay, std::function<void()> act);

  void Connect();
  void OnWelcome();
  void OnLease(const study::Lease& lease);
  void OnRevoked(const agent::LeaseId& id);
  void OnDrained();
  void OnLost(const absl::Status& why);

  void Begin(const study::Lease& lease);
  void Train(const agent::LeaseId& id);
  void ReportEpoch(const agent::LeaseId& id, const Training& training, std::int64_t epoch);
  void EndTrial(const agent::LeaseId& id, v1::Outcome::Kind kind, const std::string& reason);

  void Talk();
  bool TakeMessage(v1::WorkerMessage& message);
  void BeatLater();
  Micros Beat() const;
  study::WorkerHello Hello();

  Nature& nature_;
  Server& server_;
  const Delays& network_;
  Host& host_;
  const std::string instance_;
  bool alive_ = true, stopped_ = false;
  Micros stopped_until_ = 0;
  std::vector<std::function<void()>> waiting_;  // while it is stopped

  agent::Outbox outbox_;
  agent::Backoff backoff_;
  std::map<agent::LeaseId, Training> trainings_;
  std::map<agent::LeaseId, Micros> beats_;  // of the leases that are held
  std::int64_t free_, told_ = 0;
  bool draining_ = false, drain_told_ = false, drained_ = false;
  std::shared_ptr<Line> line_;  // null: not connected
  bool welcomed_ = false;
  Micros connected_at_ = 0, speak_by_ = 0;
  std::int64_t beats_asked_ = 0;  // the last one counts; none of another connection
};

}  // namespace hpsearch::simulation
