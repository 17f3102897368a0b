// A worker puts a checkpoint: the lease is asked before the first byte is written and again when the last one is
// there; in between each chunk is checked, written aside, and then the next one is read. Threads, ownership, ends:
// as checkpoint_transfer.h has it.
#pragma once

#include <functional>
#include <memory>
#include <optional>

#include "hpsearch/v1/checkpoint_transfer.pb.h"
#include "proto/codec/checkpoint_parts.h"
#include "server/rpc/checkpoint_transfer.h"
#include "server/store/checkpoint_files.h"

namespace hpsearch::rpc {

class CheckpointUpload final : public CheckpointTransfer<grpc::ServerReadReactor<v1::PutCheckpointRequest>> {
 public:
  using CheckpointTransfer::CheckpointTransfer;

  void OnReadDone(bool ok) override;

 private:
  void Begin() override { Read(); }
  std::function<void()> GiveUp() override;
  void Read();
  void Take(const v1::PutCheckpointRequest::Begin& begin);
  void TakeChunk();
  void Keep();  // all of it was sent

  v1::PutCheckpointRequest message_;
  // From the first message on; with the disk while it has a task.
  v1::CheckpointLease lease_;
  std::optional<codec::ArrivingCheckpoint> arriving_;
  std::unique_ptr<store::CheckpointFiles::Incoming> incoming_;
};

}  // namespace hpsearch::rpc
