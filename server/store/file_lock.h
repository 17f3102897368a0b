// The lock that makes a server the only one on a database: an exclusive flock on FILE.lock, which holds the
// owner's pid for people. Never on FILE itself: closing a descriptor of it would drop SQLite's own locks. The
// kernel frees the lock with the process; the lock file stays.
#pragma once

#include <string>

#include "absl/status/statusor.h"

namespace hpsearch::store {

class FileLock {
 public:
  // FAILED_PRECONDITION: another holds it, with its pid. UNAVAILABLE: the lock file cannot be made.
  static absl::StatusOr<FileLock> Acquire(const std::string& database);
  FileLock(FileLock&& other) noexcept;
  FileLock& operator=(FileLock&& other) noexcept;
  ~FileLock();

 private:
  explicit FileLock(int descriptor) : descriptor_(descriptor) {}
  int descriptor_ = -1;
};

}  // namespace hpsearch::store
