#include "server/rpc/checkpoint_upload.h"

#include <spdlog/spdlog.h>

#include <utility>

namespace hpsearch::rpc {

void CheckpointUpload::Read() {
  Wait();
  StartRead(&message_);
}

void CheckpointUpload::OnReadDone(bool ok) {
  React([this, ok] {
    if (!ok) return incoming_ ? Keep() : End(absl::InvalidArgumentError("begin: it comes first"));
    if (message_.has_begin() == (incoming_ != nullptr)) {
      return End(absl::InvalidArgumentError("begin: it comes first, and once"));
    }
    message_.has_begin() ? Take(message_.begin()) : TakeChunk();
  });
}

void CheckpointUpload::Take(const v1::PutCheckpointRequest::Begin& begin) {
  const v1::CheckpointHeader& header = begin.header();
  absl::StatusOr<codec::ArrivingCheckpoint> arriving =
      codec::ArrivingCheckpoint::Begin(header, shelf_.files().most_bytes());
  if (!arriving.ok()) return End(arriving.status());
  if (absl::Status status = shelf_.Check(begin.lease()); !status.ok()) return End(status);
  lease_ = begin.lease();
  arriving_ = *std::move(arriving);
  OnDisk(
      [this] {
        const v1::CheckpointHeader& of = message_.begin().header();
        auto incoming = shelf_.files().Begin({{lease_.study(), lease_.trial()},
                                              lease_.attempt(),
                                              of.key(),
                                              of.epochs(),
                                              of.steps(),
                                              of.bytes(),
                                              of.checksum()});
        if (!incoming.ok()) return incoming.status();
        incoming_ = *std::move(incoming);
        return absl::OkStatus();
      },
      [this] { Read(); });
}

void CheckpointUpload::TakeChunk() {
  OnDisk(
      [this] {
        if (absl::Status status = arriving_->Take(message_.chunk()); !status.ok()) return status;
        return incoming_->Append(message_.chunk().data());
      },
      [this] { Read(); });
}

void CheckpointUpload::Keep() {
  if (absl::Status status = arriving_->Finish(); !status.ok()) return End(status);
  if (absl::Status status = shelf_.Check(lease_); !status.ok()) return End(status);
  OnDisk([this] { return shelf_.files().Keep(std::move(incoming_)); },
         [this] {
           // The trial may have ended while it was renamed.
           shelf_.Review({lease_.study(), lease_.trial()});
           End(absl::OkStatus());
         });
}

std::function<void()> CheckpointUpload::GiveUp() {
  if (incoming_ == nullptr) return nullptr;
  return [incoming = std::shared_ptr(std::move(incoming_))]() mutable { incoming.reset(); };
}

}  // namespace hpsearch::rpc
