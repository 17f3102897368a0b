#include "client/bench/clockwork.h"

#include <utility>

namespace hpsearch::bench {

void Clockwork::At(Time time, std::function<void()> task) {
  const std::lock_guard lock(mutex_);
  tasks_.emplace(time, std::move(task));
  changed_.notify_one();
}

void Clockwork::Stop() {
  thread_.request_stop();
  thread_.join();
}

void Clockwork::Run(const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  while (!stop.stop_requested()) {
    if (tasks_.empty()) {
      changed_.wait(lock, stop, [this] { return !tasks_.empty(); });
    } else if (const auto next = tasks_.begin(); next->first > std::chrono::steady_clock::now()) {
      changed_.wait_until(lock, stop, next->first,
                          [this, due = next->first] { return tasks_.begin()->first < due; });
    } else {
      const std::function<void()> task = std::move(next->second);
      tasks_.erase(next);
      lock.unlock();
      task();
      lock.lock();
    }
  }
}

}  // namespace hpsearch::bench
