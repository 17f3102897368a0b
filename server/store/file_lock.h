// The lock that makes a server the only one on a database: an exclusive flock on FILE.lock, which holds the
// owner's pid for people. Never on FILE itself: closing a descriptor of it would drop SQLite's own locks. The
// kernel frees the lock with the process; the lock file stays.
//
// Ownership: whoever acquired it; gone with the object. Threads: any, one at a time.
#pragma once

#include <string>

#include "absl/status/statusor.h"

namespace hpsearch::store {

class FileLock {
 public:
  // ABORTED: another process has it, with its pid. UNAVAILABLE: the lock file cannot be made, locked or written.
  static absl::StatusOr<FileLock> Acquire(const std::string& database);
  FileLock(FileLock&& other) noexcept;
  FileLock& operator=(FileLock&& other) noexcept;
  ~FileLock();

 private:
  explicit FileLock(int descriptor) : descriptor_(descriptor) {}
  int descriptor_ = -1;
};

}  // namespace hpsearch::store
