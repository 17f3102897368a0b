// One worker's session over its gRPC stream: decodes what the worker says, hands it to the coordinator on the
// strand, and sends what the coordinator answers. Decides nothing.
//
// Threads: gRPC's reactions decode and post; all else, the sends included, happens on the strand. A message is
// read only after the one before it was handed over, so that a worker cannot run ahead of the coordinator.
// Ownership: the session keeps itself alive until its stream is done, and the coordinator shares it while it is
// connected. Ends: the worker closes (OK), a message that makes no sense (INVALID_ARGUMENT) or would take too much
// memory (RESOURCE_EXHAUSTED), a worker that does
// not read (its call is cancelled), the coordinator's word, or the server's stop (UNAVAILABLE).
#pragma once

#include <grpcpp/server_context.h>
#include <grpcpp/support/byte_buffer.h>
#include <grpcpp/support/server_callback.h>

#include <cstddef>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "hpsearch/v1/worker_service.pb.h"
#include "server/rpc/checkpoint_shelf.h"
#include "server/rpc/handed_over.h"
#include "server/rpc/open_streams.h"
#include "server/rpc/outbound_queue.h"
#include "server/rpc/worker_codec.h"
#include "server/study/coordinator.h"
#include "server/study/strand.h"
#include "server/study/worker_link.h"

namespace hpsearch::rpc {

class WorkerSession final : public grpc::ServerBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer>,
                            public study::WorkerLink,
                            public OpenStreams::Stream,
                            public std::enable_shared_from_this<WorkerSession> {
 public:
  // A reactor for gRPC, which needs no owner. `context` lives until gRPC is done with the stream. A worker that
  // leaves `most_unsent` messages unread, at least 1, is not listening.
  static WorkerSession* Start(grpc::CallbackServerContext* context, std::size_t most_unsent, study::Strand& strand,
                              study::Coordinator& coordinator, OpenStreams& streams, const CheckpointShelf& shelf);
  WorkerSession(grpc::CallbackServerContext* context, std::size_t most_unsent, study::Strand& strand,
                study::Coordinator& coordinator, OpenStreams& streams, const CheckpointShelf& shelf);

  // gRPC's reactions.
  void OnReadDone(bool ok) override;
  void OnWriteDone(bool ok) override;
  void OnDone() override;

  // The coordinator's word.
  void OnLease(const study::Lease& lease) override;
  void OnEpochsStored(const std::string& study, std::int64_t trial, std::int64_t attempt,
                      std::int64_t epoch) override;
  void OnOutcomeStored(const std::string& study, std::int64_t trial, std::int64_t attempt) override;
  void OnRevoked(const std::string& study, std::int64_t trial, std::int64_t attempt,
                 const std::string& reason) override;
  void OnDrained() override;
  void OnClosed(absl::Status why) override;

  void Close(const absl::Status& why) override;

 private:
  void Begin();
  void Apply(const absl::StatusOr<std::vector<WorkerInput>>& inputs);
  absl::Status Handle(const WorkerInput& input);
  absl::Status Greet(const study::WorkerHello& hello);
  void Send(v1::CoordinatorMessage message);
  void Flush();  // what waits, where nothing is under way
  void End(absl::Status why);

  grpc::CallbackServerContext* const context_;
  const std::size_t most_unsent_;
  study::Strand& strand_;
  study::Coordinator& coordinator_;
  OpenStreams& streams_;
  const CheckpointShelf& shelf_;
  std::shared_ptr<WorkerSession> self_;  // until the stream is done
  grpc::ByteBuffer incoming_;
  HandedOver handed_over_;

  // On the strand.
  OutboundQueue<grpc::ByteBuffer, WorkerSession> outbound_{*this};  // one at most
  std::deque<v1::CoordinatorMessage> unsent_;
  bool flush_posted_ = false;
  std::optional<study::Coordinator::SessionId> session_;  // from hello to the end
  bool greeted_ = false;
};

}  // namespace hpsearch::rpc
