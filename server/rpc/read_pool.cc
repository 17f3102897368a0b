#include "server/rpc/read_pool.h"

#include <boost/asio/post.hpp>
#include <utility>

#include "absl/status/status.h"

namespace hpsearch::rpc {
ReadPool::ReadPool(std::string database, int threads, int most_waiting)
    : database_(std::move(database)), most_waiting_(most_waiting), pool_(static_cast<std::size_t>(threads)) {}

ReadPool::~ReadPool() { Stop(); }

void ReadPool::Read(Task task) {
  if (waiting_.fetch_add(1) >= most_waiting_) {
    waiting_.fetch_sub(1);
    return task(absl::ResourceExhaustedError("too many requests wait to be read; try again"));
  }
  boost::asio::post(pool_, [this, task = std::move(task)] {
    waiting_.fetch_sub(1);
    Run(task);
  });
}

void ReadPool::ReadAdmitted(Task task) {
  boost::asio::post(pool_, [this, task = std::move(task)] { Run(task); });
}

void ReadPool::Stop() { pool_.join(); }

void ReadPool::Run(const Task& task) {
  absl::StatusOr<std::unique_ptr<store::StudyReader>> reader = Take();
  if (!reader.ok()) return task(reader.status());
  task(reader->get());
  GiveBack(*std::move(reader));
}

absl::StatusOr<std::unique_ptr<store::StudyReader>> ReadPool::Take() {
  {
    const std::lock_guard lock(mutex_);
    if (!idle_.empty()) {
      std::unique_ptr<store::StudyReader> reader = std::move(idle_.back());
      idle_.pop_back();
      return reader;
    }
  }
  return store::StudyReader::Open(database_);
}

void ReadPool::GiveBack(std::unique_ptr<store::StudyReader> reader) {
  const std::lock_guard lock(mutex_);
  idle_.push_back(std::move(reader));
}

}  // namespace hpsearch::rpc
