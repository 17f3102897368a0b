// Calls what is due, in the order of time, on a thread of its own.
//
// Threads: At from any; Stop once, and no task may wait for it. Ownership: a task that was not called by the end
// is dropped. No errors.
#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <map>
#include <mutex>
#include <stop_token>
#include <thread>

namespace hpsearch::bench {

class Clockwork {
 public:
  using Time = std::chrono::steady_clock::time_point;

  void At(Time time, std::function<void()> task);
  // What is under way ends; nothing more is called.
  void Stop();

 private:
  void Run(const std::stop_token& stop);

  std::mutex mutex_;  // guards tasks_
  std::condition_variable_any changed_;
  std::multimap<Time, std::function<void()>> tasks_;
  std::jthread thread_{[this](const std::stop_token& stop) { Run(stop); }};  // the last: it uses the others
};

}  // namespace hpsearch::bench
