#include "server/dashboard/reader_pool.h"

namespace hpsearch::dashboard {

absl::StatusOr<std::unique_ptr<store::StudyReader>> ReaderPool::Take() {
  {
    std::lock_guard lock(mutex_);
    if (!idle_.empty()) {
      auto reader = std::move(idle_.back());
      idle_.pop_back();
      return reader;
    }
  }
  return store::StudyReader::Open(database_);
}

void ReaderPool::Return(std::unique_ptr<store::StudyReader> reader) {
  std::lock_guard lock(mutex_);
  idle_.push_back(std::move(reader));
}

}  // namespace hpsearch::dashboard
