// WorkerService: a session for each stream.
#pragma once

#include "hpsearch/v1/worker_service.grpc.pb.h"
#include "server/rpc/open_streams.h"
#include "server/rpc/worker_session.h"
#include "server/study/coordinator.h"
#include "server/study/strand.h"

namespace hpsearch::rpc {

class WorkerService final : public v1::WorkerService::CallbackService {
 public:
  // Borrows all three.
  WorkerService(study::Strand& strand, study::Coordinator& coordinator, OpenStreams& streams)
      : strand_(strand), coordinator_(coordinator), streams_(streams) {}

  grpc::ServerBidiReactor<v1::WorkerMessage, v1::CoordinatorMessage>* Session(
      grpc::CallbackServerContext* /*context*/) override {
    return WorkerSession::Start(strand_, coordinator_, streams_);
  }

 private:
  study::Strand& strand_;
  study::Coordinator& coordinator_;
  OpenStreams& streams_;
};

}  // namespace hpsearch::rpc
