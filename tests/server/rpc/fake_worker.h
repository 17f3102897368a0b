// A worker that trains nothing: it speaks the session over a raw stub, step by step as a test says, or works by
// itself on a thread of its own. Its curves are a function of the lease alone.
//
// Threads: one, but for Leave, which any may call. Reads block until a message comes or the context's deadline.
#pragma once

#include <grpcpp/client_context.h>

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "hpsearch/v1/worker_service.grpc.pb.h"

namespace hpsearch::testing {

v1::Hello HelloOf(const std::string& name, const std::string& instance = "instance", std::int64_t slots = 1);

class FakeWorker {
 public:
  // Opens the stream and says nothing yet.
  explicit FakeWorker(const std::shared_ptr<grpc::Channel>& channel);
  ~FakeWorker();

  bool Send(const v1::WorkerMessage& message) { return stream_->Write(message); }
  // nullopt: the stream has ended.
  std::optional<v1::CoordinatorMessage> Receive();
  // Says hello and takes the welcome.
  void Greet(const v1::Hello& hello);
  void Ready(std::int64_t slots);
  // Passes over other messages.
  std::optional<v1::Lease> ReceiveLease();
  static v1::WorkerMessage ReportOf(const v1::Lease& lease, std::int64_t epoch, double validation_error);
  void Report(const v1::Lease& lease, std::int64_t epoch, double validation_error) {
    Send(ReportOf(lease, epoch, validation_error));
  }
  static v1::WorkerMessage OutcomeOf(const v1::Lease& lease, v1::Outcome::Kind kind,
                                     const std::string& reason = "");
  void Finish(const v1::Lease& lease, v1::Outcome::Kind kind, const std::string& reason = "") {
    Send(OutcomeOf(lease, kind, reason));
  }

  // Trains what comes, on one slot, until the stream ends.
  void Work();
  // Ends the stream from without.
  void Leave() { context_->TryCancel(); }
  // What the stream ended with; closes this side first.
  grpc::Status End();

  struct Seen {
    int leases = 0, epochs_stored = 0, outcomes_stored = 0, revoked = 0;
  };
  const Seen& seen() const { return seen_; }

 private:
  std::unique_ptr<v1::WorkerService::Stub> stub_;
  std::unique_ptr<grpc::ClientContext> context_;
  std::unique_ptr<grpc::ClientReaderWriter<v1::WorkerMessage, v1::CoordinatorMessage>> stream_;
  std::deque<v1::CoordinatorMessage> came_together_;  // in one message, and not received yet
  Seen seen_;
  bool ended_ = false;
};

// The error that Work reports for a lease's last epoch: lowest at a rate of 0.1 without dropout.
double ErrorOf(const v1::Lease& lease);

}  // namespace hpsearch::testing
