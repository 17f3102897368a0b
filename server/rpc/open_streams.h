// The streams that are open, so that a server that stops can end them and wait until the last one has gone.
#pragma once

#include <condition_variable>
#include <mutex>
#include <unordered_set>

#include "absl/status/status.h"

namespace hpsearch::rpc {

class OpenStreams {
 public:
  class Stream {
   public:
    virtual ~Stream() = default;
    virtual void Close(const absl::Status& why) = 0;  // on the strand
  };

  // From a stream's construction until gRPC is done with it; any thread.
  void Enter();
  void Leave();
  // Returns when as many have left as entered; not on the strand.
  void AwaitNone();

  // The rest on the strand. Errors of Add: the status of an earlier CloseAll; RESOURCE_EXHAUSTED over 10,000.
  absl::Status Add(Stream* stream);
  void Remove(Stream* stream);
  // Closes those that are open and refuses further ones.
  void CloseAll(const absl::Status& why);

 private:
  std::mutex mutex_;
  std::condition_variable left_;
  int inside_ = 0;  // guarded by mutex_

  std::unordered_set<Stream*> streams_;
  absl::Status closed_;
};

}  // namespace hpsearch::rpc
