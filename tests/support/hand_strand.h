// A strand and a clock that a test drives by hand: tasks run when the test says so, time passes when it says so.
//
// Threads: Post from any thread (a store's writer posts here); everything else from the test's own.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>

#include "server/study/strand.h"

namespace hpsearch::testing {

class HandStrand : public study::Strand {
 public:
  void Post(std::function<void()> task) override;

  // Runs the oldest task; false: there is none.
  bool RunOne();
  // Runs tasks, those that they post included, until none is left.
  void RunAll();
  // Runs tasks as they come, waiting for them, until `done` holds; false: it did not within ten seconds.
  bool RunUntil(const std::function<bool()>& done);
  // Forgets tasks that have not run, as a crash would.
  void DropAll();

 private:
  std::mutex mutex_;
  std::condition_variable posted_;
  std::deque<std::function<void()>> tasks_;
};

class HandClock : public study::Clock {
 public:
  study::Micros Wall() const override { return kEpoch + now_; }
  study::Micros Monotonic() const override { return now_; }
  void Advance(double seconds) { now_ += static_cast<study::Micros>(seconds * 1e6); }

 private:
  static constexpr study::Micros kEpoch = 1'700'000'000'000'000;
  study::Micros now_ = 0;
};

}  // namespace hpsearch::testing
