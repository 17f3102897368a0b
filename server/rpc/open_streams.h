// The streams that are open, so that a server that stops can end them and wait until the last one has gone, and
// that no more are open than it can bear; each has its share of gRPC's buffers. Owned by the server; borrows the
// streams and the quota. Threads: as said at each method.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <mutex>
#include <unordered_map>

#include "absl/status/status.h"
#include "server/rpc/buffer_quota.h"

namespace hpsearch::rpc {

class OpenStreams {
 public:
  class Stream {
   public:
    virtual ~Stream() = default;
    virtual void Close(const absl::Status& why) = 0;  // on the strand
  };

  OpenStreams(std::size_t most, BufferQuota& quota) : most_(most), quota_(quota) {}

  // From a stream's construction until gRPC is done with it; any thread.
  void Enter();
  void Leave();
  // Returns when as many have left as entered; not on the strand.
  void AwaitNone();

  // The rest on the strand. Errors of Add: the status of an earlier CloseAll; RESOURCE_EXHAUSTED
  // where as many are open as may be. A stream counts until it is removed, which is once gRPC is done with it.
  absl::Status Add(Stream* stream);
  void Remove(Stream* stream);
  // Closes those that are open and refuses further ones.
  void CloseAll(const absl::Status& why);

 private:
  std::mutex mutex_;  // guards inside_
  std::condition_variable left_;
  int inside_ = 0;

  // On the strand.
  const std::size_t most_;
  BufferQuota& quota_;
  std::unordered_map<Stream*, BufferQuota::Share> streams_;
  absl::Status closed_;
};

}  // namespace hpsearch::rpc
