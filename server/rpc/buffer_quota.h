// How much gRPC may hold of what connections have sent and no message is whole of yet, for a whole server: little,
// and a share more for whatever is known to want it. gRPC looks at a message's length once all of it is there;
// before that, this bounds what a long one costs. Beyond the quota gRPC gives back what it keeps for later reads,
// tells connections without calls to go, and then ends calls, those of the oldest connections first, until it
// suffices: clients see RESOURCE_EXHAUSTED, and workers connect anew.
//
// Threads: on the strand, but for `quota`. Owned by the server; outlives its shares.
#pragma once

#include <grpcpp/resource_quota.h>

#include <cstddef>
#include <utility>

namespace hpsearch::rpc {

struct BufferLimits {
  // Two requests of the largest, and some hundred connections without a stream: one takes up to 16 KB.
  std::size_t base = std::size_t{10} << 20;
  // A stream has a connection of its own, mostly, and a message under way.
  std::size_t a_stream = std::size_t{32} << 10;
  // What comes ahead of the chunk that is wanted, and two chunks.
  std::size_t a_transfer = std::size_t{1536} << 10;
};

class BufferQuota {
 public:
  // Bytes that the quota is larger by as long as this lives.
  class Share {
   public:
    Share(Share&& other) noexcept : of_(std::exchange(other.of_, nullptr)), bytes_(other.bytes_) {}
    Share& operator=(Share&&) = delete;
    ~Share() {
      if (of_ != nullptr) of_->Resize(of_->bytes_ - bytes_);
    }

   private:
    friend class BufferQuota;
    Share(BufferQuota* of, std::size_t bytes) : of_(of), bytes_(bytes) { of_->Resize(of_->bytes_ + bytes_); }

    BufferQuota* of_;
    std::size_t bytes_;
  };

  explicit BufferQuota(const BufferLimits& limits) : limits_(limits), quota_("server") { Resize(limits.base); }

  Share ForStream() { return {this, limits_.a_stream}; }
  Share ForTransfer() { return {this, limits_.a_transfer}; }
  std::size_t bytes() const { return bytes_; }
  // For gRPC; any thread.
  const grpc::ResourceQuota& quota() const { return quota_; }

 private:
  void Resize(std::size_t bytes) {
    bytes_ = bytes;
    quota_.Resize(bytes);
  }

  const BufferLimits limits_;
  grpc::ResourceQuota quota_;
  std::size_t bytes_ = 0;
};

}  // namespace hpsearch::rpc
