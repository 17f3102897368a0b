// Reads for clients, off the strand and off gRPC's threads: a few threads, each read with a reader of its own.
//
// Threads: Read from any thread; tasks run on the pool's threads, several at once. Stop may come twice,
// and returns when all tasks have run. Errors: RESOURCE_EXHAUSTED of Read when as many of its tasks wait as may:
// each holds its request, which may be of megabytes.
#pragma once

#include <atomic>
#include <boost/asio/thread_pool.hpp>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "server/store/study_reader.h"

namespace hpsearch::rpc {

class ReadPool {
 public:
  // Gets a reader, or why there is none.
  using Task = std::function<void(absl::StatusOr<store::StudyReader*> reader)>;

  ReadPool(std::string database, int threads, int most_waiting = 256);
  ~ReadPool();  // stops

  // The task is called once: on the pool, or, where it is not admitted, at once.
  void Read(Task task);
  // Always admitted, for what is bounded elsewhere: streams, each of which reads once at a time, and answers to
  // changes, which are carried out by now.
  void ReadAdmitted(Task task);
  void Stop();

 private:
  // On the pool's thread.
  void Run(const Task& task);
  absl::StatusOr<std::unique_ptr<store::StudyReader>> Take();
  void GiveBack(std::unique_ptr<store::StudyReader> reader);

  const std::string database_;
  const int most_waiting_;
  std::atomic<int> waiting_ = 0;
  std::mutex mutex_;  // guards idle_
  std::vector<std::unique_ptr<store::StudyReader>> idle_;
  boost::asio::thread_pool pool_;
};

}  // namespace hpsearch::rpc
