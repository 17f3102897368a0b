#include "server/rpc/open_streams.h"

#include <fmt/format.h>

#include <vector>

namespace hpsearch::rpc {
namespace {

constexpr std::size_t kMost = 10'000;

}  // namespace

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
  if (streams_.size() >= kMost) {
    return absl::ResourceExhaustedError(fmt::format("{} streams are open already; try again", kMost));
  }
  streams_.insert(stream);
  return absl::OkStatus();
}

void OpenStreams::Remove(Stream* stream) { streams_.erase(stream); }

void OpenStreams::CloseAll(const absl::Status& why) {
  closed_ = why;
  // A stream that closes removes itself.
  const std::vector<Stream*> open(streams_.begin(), streams_.end());
  for (Stream* stream : open) stream->Close(why);
}

}  // namespace hpsearch::rpc
