// One connection to the coordinator, from the hello until it is lost or the worker is through.
//
// Threads: Run blocks its caller, who watches over it, while a thread reads and another writes, one message at a
// time, taken from the state, no lock held across it. gRPC's blocking calls are used on purpose: a message is
// parsed on the thread that reads it, where a sanitizer can see it. Ownership: neither stub, state nor slots.
#pragma once

#include <grpcpp/client_context.h>
#include <grpcpp/support/sync_stream.h>

#include <memory>

#include "absl/status/status.h"
#include "hpsearch/v1/worker_service.grpc.pb.h"
#include "worker/agent/slots.h"
#include "worker/agent/worker_state.h"

namespace hpsearch::agent {

class Session {
 public:
  Session(v1::WorkerService::Stub& stub, WorkerState& state, Slots& slots);

  // `hello` without the leases that are held. Returns how the stream ended, in the server's words. Once. Throws
  // std::system_error where there is no thread to be had.
  absl::Status Run(v1::Hello hello);

 private:
  void ReadAll(const v1::WorkerMessage& hello);
  void WriteAll();
  void AddMore(v1::WorkerMessage& first);  // what waits too
  void Handle(v1::CoordinatorMessage& message);

  v1::WorkerService::Stub& stub_;
  WorkerState& state_;
  Slots& slots_;
  grpc::ClientContext context_;
  // Opened by the reading thread; the writing one has it from the welcome on.
  std::unique_ptr<grpc::ClientReaderWriter<v1::WorkerMessage, v1::CoordinatorMessage>> stream_;
};

}  // namespace hpsearch::agent
