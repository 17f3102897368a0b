// WorkerService: a session for each stream. Owned by the server; borrows what it is given. Threads: gRPC's. A
// stream's errors are worker_session.h's.
#pragma once

#include <cstddef>

#include "hpsearch/v1/worker_service.grpc.pb.h"
#include "server/rpc/handed_over.h"
#include "server/rpc/open_streams.h"
#include "server/rpc/worker_session.h"
#include "server/study/coordinator.h"
#include "server/study/strand.h"

namespace hpsearch::rpc {

class WorkerService final : public v1::WorkerService::CallbackService {
 public:
  WorkerService(std::size_t most_unsent, study::Strand& strand, study::Coordinator& coordinator,
                OpenStreams& streams)
      : most_unsent_(most_unsent), strand_(strand), coordinator_(coordinator), streams_(streams) {
    handed_over_.Tell();
  }

  grpc::ServerBidiReactor<v1::WorkerMessage, v1::CoordinatorMessage>* Session(
      grpc::CallbackServerContext* context) override {
    handed_over_.See();
    return WorkerSession::Start(context, most_unsent_, strand_, coordinator_, streams_);
  }

 private:
  const std::size_t most_unsent_;
  study::Strand& strand_;
  study::Coordinator& coordinator_;
  OpenStreams& streams_;
  HandedOver handed_over_;
};

}  // namespace hpsearch::rpc
