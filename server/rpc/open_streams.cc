#include "server/rpc/open_streams.h"

#include <fmt/format.h>

namespace hpsearch::rpc {
void OpenStreams::Enter() {
  const std::lock_guard lock(mutex_);
  ++inside_;
}

void OpenStreams::Leave() {
  const std::lock_guard lock(mutex_);
  if (--inside_ == 0) left_.notify_all();
}

void OpenStreams::AwaitNone() {
  std::unique_lock lock(mutex_);
  left_.wait(lock, [this] { return inside_ == 0; });
}

absl::Status OpenStreams::Add(Stream* stream) {
  if (!closed_.ok()) return closed_;
  if (streams_.size() >= most_) {
    return absl::ResourceExhaustedError(fmt::format("{} streams are open already; try again", most_));
  }
  streams_.emplace(stream, quota_.ForStream());
  return absl::OkStatus();
}

void OpenStreams::Remove(Stream* stream) { streams_.erase(stream); }

void OpenStreams::CloseAll(const absl::Status& why) {
  closed_ = why;
  for (const auto& [stream, share] : streams_) stream->Close(why);
}

}  // namespace hpsearch::rpc
