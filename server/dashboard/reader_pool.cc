#include "server/dashboard/reader_pool.h"

namespace hpsearch::dashboard {

std::unique_ptr<store::StudyReader> ReaderPool::TakeIdle() {
  const std::lock_guard lock(mutex_);
  if (idle_.empty()) return nullptr;
  auto reader = std::move(idle_.back());
  idle_.pop_back();
  return reader;
}

void ReaderPool::DropIdle() {
  std::vector<std::unique_ptr<store::StudyReader>> dropped;  // closed behind the lock
  const std::lock_guard lock(mutex_);
  dropped.swap(idle_);
}

void ReaderPool::Return(std::unique_ptr<store::StudyReader> reader) {
  const std::lock_guard lock(mutex_);
  idle_.push_back(std::move(reader));
}

}  // namespace hpsearch::dashboard
