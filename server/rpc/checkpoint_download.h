// A worker gets the checkpoint of its lease's trial: the header, then chunk after chunk, each read when the one
// before has gone. What is not as it was written is found at its end at the latest, and removed. Threads,
// ownership, ends: as checkpoint_transfer.h has it.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>

#include "hpsearch/v1/checkpoint_transfer.pb.h"
#include "proto/codec/checkpoint_parts.h"
#include "server/rpc/checkpoint_transfer.h"
#include "server/store/checkpoint_files.h"

namespace hpsearch::rpc {

class CheckpointDownload final : public CheckpointTransfer<grpc::ServerWriteReactor<v1::GetCheckpointResponse>> {
 public:
  CheckpointDownload(grpc::CallbackServerContext* context, CheckpointShelf& shelf, OpenStreams& streams,
                     v1::CheckpointLease lease)
      : CheckpointTransfer(context, shelf, streams), lease_(std::move(lease)) {}

  void OnWriteDone(bool ok) override;

 private:
  void Begin() override;
  std::function<void()> GiveUp() override;
  void Write();
  absl::Status Open();
  absl::Status ReadChunk();

  const v1::CheckpointLease lease_;
  v1::GetCheckpointResponse message_;
  // With the disk while it has a task.
  std::unique_ptr<store::CheckpointFiles::Outgoing> outgoing_;
  std::int64_t sent_ = 0;  // bytes
  codec::Checksum checksum_;
};

}  // namespace hpsearch::rpc
