// What was done to a service or a reactor before gRPC got it happens before every reaction of it. gRPC sees to
// that, in a library that ThreadSanitizer cannot look into; this says it a second time where it can be seen, so
// that nothing of ours needs a suppression and a race in a reaction is found. Any thread. It costs a plain store
// and, a reaction, a plain load.
#pragma once

#include <atomic>

namespace hpsearch::rpc {

class HandedOver {
 public:
  // The last thing done before gRPC has the object.
  void Tell() { done_.store(true, std::memory_order_release); }
  // The first thing that a reaction does.
  void See() const { static_cast<void>(done_.load(std::memory_order_acquire)); }

 private:
  std::atomic<bool> done_{false};
};

}  // namespace hpsearch::rpc
