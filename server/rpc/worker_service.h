// WorkerService: a session for each stream, and beside it checkpoints, put and got. Owned by the server; borrows
// what it is given. Threads: gRPC's. A stream's errors are worker_session.h's, a checkpoint's
// checkpoint_transfer.h's.
#pragma once

#include <cstddef>
#include <memory>

#include "hpsearch/v1/worker_service.grpc.pb.h"
#include "server/rpc/checkpoint_download.h"
#include "server/rpc/checkpoint_shelf.h"
#include "server/rpc/checkpoint_upload.h"
#include "server/rpc/handed_over.h"
#include "server/rpc/open_streams.h"
#include "server/rpc/worker_session.h"
#include "server/study/coordinator.h"
#include "server/study/strand.h"

namespace hpsearch::rpc {

// A session's messages come as bytes, so that they are looked at before they are parsed.
using WorkerServiceBase =
    v1::WorkerService::WithRawCallbackMethod_Session<v1::WorkerService::WithCallbackMethod_PutCheckpoint<
        v1::WorkerService::WithCallbackMethod_GetCheckpoint<v1::WorkerService::Service>>>;

class WorkerService final : public WorkerServiceBase {
 public:
  WorkerService(std::size_t most_unsent, study::Strand& strand, study::Coordinator& coordinator,
                OpenStreams& streams, CheckpointShelf& shelf)
      : most_unsent_(most_unsent), strand_(strand), coordinator_(coordinator), streams_(streams), shelf_(shelf) {
    handed_over_.Tell();
  }

  grpc::ServerBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer>* Session(
      grpc::CallbackServerContext* context) override {
    handed_over_.See();
    return WorkerSession::Start(context, most_unsent_, strand_, coordinator_, streams_, shelf_);
  }

  grpc::ServerReadReactor<v1::PutCheckpointRequest>* PutCheckpoint(grpc::CallbackServerContext* context,
                                                                   v1::PutCheckpointResponse*) override {
    handed_over_.See();
    const auto upload = std::make_shared<CheckpointUpload>(context, shelf_, streams_);
    upload->Start();
    return upload.get();
  }

  grpc::ServerWriteReactor<v1::GetCheckpointResponse>* GetCheckpoint(
      grpc::CallbackServerContext* context, const v1::GetCheckpointRequest* request) override {
    handed_over_.See();
    const auto download = std::make_shared<CheckpointDownload>(context, shelf_, streams_, request->lease());
    download->Start();
    return download.get();
  }

 private:
  const std::size_t most_unsent_;
  study::Strand& strand_;
  study::Coordinator& coordinator_;
  OpenStreams& streams_;
  CheckpointShelf& shelf_;
  HandedOver handed_over_;
};

}  // namespace hpsearch::rpc
