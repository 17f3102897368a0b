// The worker's end of one connection, from the hello until either side is without it.
//
// Threads: the world's. Ownership: the worker's; what the server says to one that its worker has dropped is lost.
#pragma once

#include <memory>
#include <vector>

#include "tests/simulation/worker.h"

namespace hpsearch::simulation {

class Worker::Line : public SessionPeer, public std::enable_shared_from_this<Worker::Line> {
 public:
  Line(Nature& nature, Server& server, const Delays& network, std::weak_ptr<Worker> worker);

  // The hello goes out; once it arrives there is a session, where there is a server.
  void Open(const study::WorkerHello& hello);
  void Say(std::vector<rpc::WorkerInput> inputs);
  void Stall(Micros until) { connection_->Stall(until); }
  // Nothing comes through any more; both sides find out by and by.
  void Break();
  // The worker is done with it: the server finds out by and by, and what is under way may still arrive.
  void Drop();

  void OnWelcome() override;
  void OnLease(const study::Lease& lease) override;
  void OnEpochsStored(const agent::LeaseId& id, std::int64_t epoch) override;
  void OnOutcomeStored(const agent::LeaseId& id) override;
  void OnRevoked(const agent::LeaseId& id) override;
  void OnDrained() override;
  void OnLost(const absl::Status& why) override;

 private:
  // `act` on the worker, where this is still its connection by then.
  void Do(std::function<void(Worker&)> act);

  Nature& nature_;
  Server& server_;
  const std::weak_ptr<Worker> worker_;
  const std::shared_ptr<Connection> connection_;
  struct Far {                         // the server's end
    std::shared_ptr<Session> session;  // null: the hello has not arrived
    bool dropped = false;              // it may arrive all the same
  };
  static void TellServer(Nature& nature, const std::shared_ptr<Far>& far);
  const std::shared_ptr<Far> far_ = std::make_shared<Far>();
};

}  // namespace hpsearch::simulation
