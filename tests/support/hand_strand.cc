#include "tests/support/hand_strand.h"

#include <chrono>
#include <utility>

namespace hpsearch::testing {

void HandStrand::Post(std::function<void()> task) {
  const std::scoped_lock lock(mutex_);
  tasks_.push_back(std::move(task));
  posted_.notify_one();
}

bool HandStrand::RunOne() {
  std::function<void()> task;
  {
    const std::scoped_lock lock(mutex_);
    if (tasks_.empty()) return false;
    task = std::move(tasks_.front());
    tasks_.pop_front();
  }
  task();
  return true;
}

void HandStrand::RunAll() {
  while (RunOne()) {
  }
}

bool HandStrand::RunUntil(const std::function<bool()>& done) {
  // For a busy disk: only a test that fails waits for so long.
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(90);
  while (!done()) {
    if (RunOne()) continue;
    std::unique_lock lock(mutex_);
    if (!posted_.wait_until(lock, deadline, [this] { return !tasks_.empty(); })) return false;
  }
  return true;
}

void HandStrand::DropAll() {
  const std::scoped_lock lock(mutex_);
  tasks_.clear();
}

}  // namespace hpsearch::testing
