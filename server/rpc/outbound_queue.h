// What a stream has yet to send: gRPC permits one write under way, and no lock is held across it. The stream's
// reactor owns the queue, which calls its StartWrite and Finish. On the strand only.
#pragma once

#include <deque>
#include <optional>
#include <utility>

#include "absl/status/status.h"
#include "server/rpc/status.h"

namespace hpsearch::rpc {

template <class Message, class Reactor>
class OutboundQueue {
 public:
  explicit OutboundQueue(Reactor& reactor) : reactor_(reactor) {}

  // Nothing after the end.
  void Push(Message message) {
    if (ended()) return;
    messages_.push_back(std::move(message));
    if (messages_.size() == 1) reactor_.StartWrite(&messages_.front());
  }

  // From the reactor's OnWriteDone. A write that failed ends the stream.
  void Written(bool ok) {
    messages_.pop_front();
    if (!ok) messages_.clear();
    if (!ok && !ended()) end_ = absl::UnavailableError("the stream is broken");
    if (ended()) return Finish();
    if (!messages_.empty()) reactor_.StartWrite(&messages_.front());
  }

  // Sends what is under way, drops what waits, and finishes the stream. The first end counts. A peer that reads
  // nothing holds this up: where that is why it ends, cancel the call.
  void End(absl::Status status) {
    if (ended()) return;
    end_ = std::move(status);
    if (messages_.empty()) return Finish();
    messages_.erase(messages_.begin() + 1, messages_.end());
  }

  bool ended() const { return end_.has_value(); }
  bool empty() const { return messages_.empty(); }
  std::size_t size() const { return messages_.size(); }

 private:
  void Finish() { reactor_.Finish(ToGrpc(*end_)); }

  Reactor& reactor_;
  std::deque<Message> messages_;  // the front one is being written
  std::optional<absl::Status> end_;
};

}  // namespace hpsearch::rpc
