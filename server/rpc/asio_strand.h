// The coordinator's strand over one Asio thread: tasks run there one after the other, timers among them.
//
// Threads: Post from any thread, Every, PostAndWait and Stop from any but its own. Stop may come twice.
// A task that throws ends the process: none of ours does.
#pragma once

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <chrono>
#include <functional>
#include <memory>
#include <thread>
#include <vector>

#include "server/study/strand.h"

namespace hpsearch::rpc {

class AsioStrand final : public study::Strand {
 public:
  AsioStrand();
  ~AsioStrand() override;  // stops

  void Post(std::function<void()> task) override;
  // Runs the task and returns after it.
  void PostAndWait(std::function<void()> task);
  // Runs the task again and again, `period` after it last ended, until the stop.
  void Every(std::chrono::milliseconds period, std::function<void()> task);
  // On the strand: no timer's task runs after this.
  void EndTimers();
  // Ends the timers, runs what was posted and what that posts, then ends the thread. Later tasks never run.
  void Stop();

 private:
  class Timer;

  boost::asio::io_context context_{1};
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_;
  std::vector<std::shared_ptr<Timer>> timers_;  // on the strand
  std::thread thread_;
};

}  // namespace hpsearch::rpc
