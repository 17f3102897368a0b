#include "server/rpc/checkpoint_download.h"

#include <algorithm>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"

namespace hpsearch::rpc {

void CheckpointDownload::Begin() {
  if (absl::Status status = shelf_.Check(lease_); !status.ok()) return End(status);
  OnDisk([this] { return Open(); }, [this] { Write(); });
}

absl::Status CheckpointDownload::Open() {
  auto outgoing = shelf_.files().Open({lease_.study(), lease_.trial()});
  if (!outgoing.ok()) return outgoing.status();
  outgoing_ = *std::move(outgoing);
  *message_.mutable_header() = ToMessage(outgoing_->what());
  return absl::OkStatus();
}

void CheckpointDownload::Write() {
  Wait();
  StartWrite(&message_);
}

void CheckpointDownload::OnWriteDone(bool ok) {
  React([this, ok] {
    if (!ok) return End(absl::CancelledError("the worker has left"));
    if (sent_ == outgoing_->what().bytes) return End(absl::OkStatus());
    OnDisk([this] { return ReadChunk(); }, [this] { Write(); });
  });
}

absl::Status CheckpointDownload::ReadChunk() {
  const store::KeptCheckpoint& what = outgoing_->what();
  const std::int64_t size = std::min<std::int64_t>(what.bytes - sent_, std::int64_t{codec::kCheckpointChunk});
  absl::StatusOr<std::string> data = outgoing_->Read(sent_, static_cast<std::size_t>(size));
  if (!data.ok()) return data.status();
  checksum_.Append(*data);
  if (sent_ + size == what.bytes && checksum_.value() != what.checksum) {
    shelf_.files().Remove(what.name);
    return absl::DataLossError(
        absl::StrCat(what.name.study, "/", what.name.trial, ": it is not as it was written"));
  }
  codec::FillChunk(sent_, *std::move(data), message_.mutable_chunk());
  sent_ += size;
  return absl::OkStatus();
}

std::function<void()> CheckpointDownload::GiveUp() {
  if (outgoing_ == nullptr) return nullptr;
  return [outgoing = std::shared_ptr(std::move(outgoing_))]() mutable { outgoing.reset(); };
}

}  // namespace hpsearch::rpc
