// One connection to the coordinator, from the hello until it is lost or the worker is through.
//
// Threads: Run blocks its caller, who is the only one that writes (one message at a time, taken from the state, no
// lock held across it); gRPC's threads read, and hand on. Ownership: neither stub, state nor slots.
#pragma once

#include <grpcpp/client_context.h>
#include <grpcpp/support/client_callback.h>

#include <condition_variable>
#include <mutex>
#include <optional>

#include "absl/status/status.h"
#include "hpsearch/v1/worker_service.grpc.pb.h"
#include "worker/agent/slots.h"
#include "worker/agent/worker_state.h"

namespace hpsearch::agent {

class Session final : public grpc::ClientBidiReactor<v1::WorkerMessage, v1::CoordinatorMessage> {
 public:
  Session(v1::WorkerService::Stub& stub, WorkerState& state, Slots& slots);

  // `hello` without the leases that are held. Returns how the stream ended, in the server's words. Once.
  absl::Status Run(v1::Hello hello);
  // Of a session that has run: the coordinator took the hello.
  bool welcomed() const { return welcomed_; }

  void OnReadDone(bool ok) override;
  void OnWriteDone(bool ok) override;
  void OnDone(const grpc::Status& status) override;

 private:
  bool Converse();
  void Handle(v1::CoordinatorMessage& message);

  v1::WorkerService::Stub& stub_;
  WorkerState& state_;
  Slots& slots_;
  grpc::ClientContext context_;
  v1::WorkerMessage outgoing_;       // Run's, while nothing is being written
  v1::CoordinatorMessage incoming_;  // the reading thread's
  bool welcomed_ = false;            // the reading thread's, until the end

  std::mutex mutex_;
  std::condition_variable ended_;
  std::optional<grpc::Status> status_;  // guarded by mutex_
};

}  // namespace hpsearch::agent
