// How many requests may be under way at once: each takes a place, or is refused. A place is given back when its
// last copy goes, so that it is captured by whatever carries the request on.
//
// Threads: any. Places may outlive this.
#pragma once

#include <atomic>
#include <memory>

namespace hpsearch::rpc {

using Place = std::shared_ptr<void>;

class Places {
 public:
  explicit Places(int most) : most_(most) {}

  // nullptr: all are taken.
  Place Take() {
    if (taken_->fetch_add(1) >= most_) {
      taken_->fetch_sub(1);
      return nullptr;
    }
    return Place(taken_.get(), [taken = taken_](void*) { taken->fetch_sub(1); });
  }

 private:
  const int most_;
  const std::shared_ptr<std::atomic<int>> taken_ = std::make_shared<std::atomic<int>>(0);
};

}  // namespace hpsearch::rpc
