// A coordinator for tests: takes sessions over real gRPC, on a loopback socket and in process, keeps every message
// that comes, and says what the test tells it to. It can go away and come back on its port. Checkpoints that are
// put are kept by their trial, and told of in its leases.
//
// Threads: the test's and gRPC's. Expect* wait for a message and fail the test when none comes within the
// deadline.
#pragma once

#include <grpcpp/grpcpp.h>

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "hpsearch/v1/worker_service.grpc.pb.h"
#include "worker/agent/lease_id.h"

namespace hpsearch::agent {

class FakeCoordinator final : public v1::WorkerService::Service {
 public:
  FakeCoordinator();
  ~FakeCoordinator() override;

  std::shared_ptr<grpc::Channel> Channel() const;
  std::shared_ptr<grpc::Channel> InProcessChannel();

  void GoAway();    // as a server that is killed
  void ComeBack();  // on the same port
  void Cut();       // the session under way

  // Before a hello: it is answered with this status, as often as `times`.
  void Refuse(grpc::Status status, int times = 1);
  void set_acknowledging(bool on);
  void set_heartbeat_seconds(double seconds);
  // Off: a drain is answered by SendDrained alone.
  void set_answering_drains(bool on);

  // Of the data set's content, as the worker has offered it last.
  std::string OfferedHash(const std::string& key) const;
  // To the session under way, waiting for one where there is none.
  void Send(v1::CoordinatorMessage message);
  // As a study would that began on what the worker has offered last, where the lease says nothing of its data.
  void SendLease(v1::Lease lease);
  void Revoke(const LeaseId& id);
  void SendDrained();

  // Checkpoints: how often one was put, as a whole or to be refused.
  int puts() const;
  void AwaitPuts(int count);  // waits until there were so many
  std::optional<v1::CheckpointHeader> PutOf(std::int64_t trial) const;
  // Some outcome had come before the last one was put.
  bool outcome_before_put() const;
  void RefuseCheckpoints(grpc::Status status);
  void HoldCheckpoints();  // calls wait until they are cancelled
  // A bit of the trial's, under checksums that fit.
  void DamageCheckpoint(std::int64_t trial);

  // The first message that was not passed yet and that `wanted` likes; those before it are passed over.
  v1::WorkerMessage Expect(const std::function<bool(const v1::WorkerMessage&)>& wanted);
  v1::Hello ExpectHello();
  v1::Outcome ExpectOutcome();
  std::int64_t ExpectReady();
  // Passes over messages until the lease has reported this epoch on the session under way.
  void ExpectEpoch(const LeaseId& id, std::int64_t epoch);
  // Every message since the last hello, that one included, passed over or not.
  std::vector<v1::WorkerMessage> OfThisSession() const;
  // The most messages that have come as one.
  int most_together() const;
  bool Saw(const std::function<bool(const v1::WorkerMessage&)>& wanted) const;

  grpc::Status Session(grpc::ServerContext* context,
                       grpc::ServerReaderWriter<v1::CoordinatorMessage, v1::WorkerMessage>* stream) override;
  grpc::Status PutCheckpoint(grpc::ServerContext* context, grpc::ServerReader<v1::PutCheckpointRequest>* stream,
                             v1::PutCheckpointResponse* response) override;
  grpc::Status GetCheckpoint(grpc::ServerContext* context, const v1::GetCheckpointRequest* request,
                             grpc::ServerWriter<v1::GetCheckpointResponse>* stream) override;

 private:
  void Listen(int port);
  void Say(const v1::CoordinatorMessage& answer);  // at once, or with what else answers `several`
  void Acknowledge(const v1::WorkerMessage& message);
  void Answer(const v1::WorkerMessage& message);
  std::string LastOffered(const std::string& key) const;  // requires the mutex

  std::unique_ptr<grpc::Server> server_;
  int port_ = 0;

  mutable std::mutex mutex_;  // guards all below
  std::condition_variable changed_;
  grpc::ServerContext* context_ = nullptr;
  grpc::ServerReaderWriter<v1::CoordinatorMessage, v1::WorkerMessage>* stream_ = nullptr;
  int most_together_ = 1;
  std::optional<v1::CoordinatorMessage> answers_;  // while what came together is answered
  std::optional<grpc::Status> refusal_;
  int refusals_ = 0;
  bool acknowledging_ = true;
  bool answering_drains_ = true;
  double heartbeat_seconds_ = 60;
  std::vector<v1::WorkerMessage> received_;
  std::size_t passed_ = 0;
  struct Put {
    v1::CheckpointHeader header;
    std::string content;
  };
  std::map<std::int64_t, Put> checkpoints_;  // by trial
  int puts_ = 0;
  bool outcome_before_put_ = false;
  grpc::Status checkpoint_refusal_;
  bool holding_ = false;
  int ended_ = 0;  // sessions
};

}  // namespace hpsearch::agent
