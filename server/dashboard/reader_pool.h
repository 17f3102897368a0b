// Readers of one database, each used by one thread at a time. Any thread. A reader is opened when all are in use
// and kept for the next request. One whose read failed is dropped; where its file is no longer the one of that
// name, so are those that wait, and the read is done again on what is there now.
#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "server/store/study_reader.h"

namespace hpsearch::dashboard {

class ReaderPool {
 public:
  explicit ReaderPool(std::string database) : database_(std::move(database)) {}

  // Calls `read` with a reader, twice at most, and returns what it returns; the opening's error where there is
  // none to be had.
  template <class Read>
  auto With(Read read) -> decltype(read(std::declval<store::StudyReader&>())) {
    if (auto reader = TakeIdle()) {
      auto result = read(*reader);
      if (result.ok()) Return(std::move(reader));
      if (!absl::IsUnavailable(result.status())) return result;
      DropIdle();
    }
    auto reader = store::StudyReader::Open(database_);
    if (!reader.ok()) return reader.status();
    auto result = read(**reader);
    if (result.ok()) Return(*std::move(reader));
    return result;
  }

 private:
  std::unique_ptr<store::StudyReader> TakeIdle();  // null: all are in use
  void DropIdle();
  void Return(std::unique_ptr<store::StudyReader> reader);

  const std::string database_;
  std::mutex mutex_;
  std::vector<std::unique_ptr<store::StudyReader>> idle_;  // guarded by mutex_
};

}  // namespace hpsearch::dashboard
