// The server's end of a worker's connection: what rpc::WorkerSession is over gRPC. What the worker says goes to
// the coordinator through the strand; what the coordinator says goes down the connection, past the auditor.
//
// Threads: the world's. Ownership: shared by the coordinator, and by what is under way to it.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "server/rpc/worker_codec.h"
#include "tests/simulation/pipe.h"
#include "tests/simulation/server.h"
#include "worker/agent/lease_id.h"

namespace hpsearch::simulation {

// The other end. What it is told comes through the connection.
class SessionPeer {
 public:
  virtual ~SessionPeer() = default;
  virtual void OnWelcome() = 0;
  virtual void OnLease(const study::Lease& lease) = 0;
  virtual void OnEpochsStored(const agent::LeaseId& id, std::int64_t epoch) = 0;
  virtual void OnOutcomeStored(const agent::LeaseId& id) = 0;
  virtual void OnRevoked(const agent::LeaseId& id) = 0;
  virtual void OnDrained() = 0;
  // The connection has ended: in order, with the server's status, or otherwise.
  virtual void OnLost(const absl::Status& why) = 0;
};

class Session : public study::WorkerLink, public std::enable_shared_from_this<Session> {
 public:
  // The connection has reached the server's process; the worker's first message is to come.
  static std::shared_ptr<Session> Accept(Server& server, std::shared_ptr<Connection> connection,
                                         std::weak_ptr<SessionPeer> peer);

  // A message has arrived.
  void Hear(std::vector<rpc::WorkerInput> inputs);
  // The server's machine has found that the connection is gone.
  void Lost();
  // The process is gone, and the connection with it.
  void ServerDied();
  // The server ends the session.
  void Close(const absl::Status& why) { End(why); }

  void OnLease(const study::Lease& lease) override;
  void OnEpochsStored(const std::string& study, std::int64_t trial, std::int64_t attempt,
                      std::int64_t epoch) override;
  void OnOutcomeStored(const std::string& study, std::int64_t trial, std::int64_t attempt) override;
  void OnRevoked(const std::string& study, std::int64_t trial, std::int64_t attempt,
                 const std::string& reason) override;
  void OnDrained() override;
  void OnClosed(absl::Status why) override;

 private:
  Session(Server& server, std::shared_ptr<Connection> connection, std::weak_ptr<SessionPeer> peer);
  template <class Message>
  void Tell(Message message);
  void Handle(const rpc::WorkerInput& input);
  void Greet(const study::WorkerHello& hello);
  void Report(const study::EpochReport& report);
  void Finish(const study::TrialOutcome& outcome);
  void End(const absl::Status& why);

  Server& server_;
  const std::int64_t life_;  // of the server's process that it belongs to
  std::shared_ptr<Connection> connection_;
  std::weak_ptr<SessionPeer> peer_;
  study::WorkerHello hello_;
  std::optional<study::Coordinator::SessionId> session_;
  std::int64_t wanted_ = 0;  // leases that the worker has asked for, and was not given
  bool ended_ = false;
};

}  // namespace hpsearch::simulation
