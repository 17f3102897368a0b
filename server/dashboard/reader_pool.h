// Readers of one database, each used by one thread at a time. Any thread. A reader is opened when all are in use
// and kept for the next request; one whose read failed is dropped, so that a replaced file is found again.
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

  // Calls `read` with a reader and returns what it returns; the opening's error where there is none to be had.
  template <class Read>
  auto With(Read read) -> decltype(read(std::declval<store::StudyReader&>())) {
    auto reader = Take();
    if (!reader.ok()) return reader.status();
    auto result = read(**reader);
    if (result.ok()) Return(*std::move(reader));
    return result;
  }

 private:
  absl::StatusOr<std::unique_ptr<store::StudyReader>> Take();
  void Return(std::unique_ptr<store::StudyReader> reader);

  const std::string database_;
  std::mutex mutex_;
  std::vector<std::unique_ptr<store::StudyReader>> idle_;
};

}  // namespace hpsearch::dashboard
