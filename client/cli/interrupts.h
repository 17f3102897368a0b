// SIGINT and SIGTERM as calls on a thread of this object's own, so that what they start may lock and wait.
//
// Threads: make one before any other thread, in main's; all of its threads then leave the two signals to it. The
// callback runs on this object's thread; it is not called after the destructor returns.
#pragma once

#include <functional>
#include <stop_token>
#include <thread>

namespace hpsearch::cli {

class Interrupts {
 public:
  // `on_signal` gets 1 for the first signal, 2 for the second, ...
  explicit Interrupts(std::function<void(int count)> on_signal);
  ~Interrupts();
  Interrupts(const Interrupts&) = delete;
  Interrupts& operator=(const Interrupts&) = delete;

 private:
  int signals_ = -1;  // a signalfd
  int end_ = -1;      // an eventfd that wakes the thread to end
  std::thread thread_;
};

// The first signal asks whoever has the token to stop; the second one ends the process with 130.
class StopOnSignal {
 public:
  StopOnSignal();
  std::stop_token token() const { return source_.get_token(); }
  bool stopped() const { return source_.stop_requested(); }
  void Stop() { source_.request_stop(); }
  void WaitForStop();

 private:
  std::stop_source source_;
  Interrupts interrupts_;
};

}  // namespace hpsearch::cli
