#include "server/store/file_lock.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "absl/status/status.h"
#include "server/failpoint/failpoint.h"

namespace hpsearch::store {
namespace {

// The digits at the head of the lock file: the last owner's until this one has written its own; empty in a new
// file.
std::string HolderOf(int descriptor) {
  char text[20];
  const ssize_t size = pread(descriptor, text, sizeof(text), 0);
  std::string pid;
  for (ssize_t i = 0; i < size && text[i] >= '0' && text[i] <= '9'; ++i) pid += text[i];
  return pid;
}

}  // namespace

absl::StatusOr<FileLock> FileLock::Acquire(const std::string& database) {
  const std::string path = database + ".lock";
  const int descriptor = open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  if (descriptor < 0) {
    return absl::UnavailableError(fmt::format("{}: cannot be opened: {}", path, std::strerror(errno)));
  }
  FileLock lock(descriptor);
  failpoint::Failpoint("server.lock.opened");
  while (flock(descriptor, LOCK_EX | LOCK_NB) != 0) {
    if (errno == EINTR) continue;
    if (errno != EWOULDBLOCK) {
      return absl::UnavailableError(fmt::format("{}: cannot be locked: {}", path, std::strerror(errno)));
    }
    const std::string holder = HolderOf(descriptor);
    return absl::AbortedError(
        fmt::format("{}: another process has it{}; stop that one, or give this one a file of its own", database,
                    holder.empty() ? std::string() : " (pid " + holder + ")"));
  }
  failpoint::Failpoint("server.lock.held");
  const std::string pid = std::to_string(getpid()) + "\n";
  if (ftruncate(descriptor, 0) != 0 ||
      pwrite(descriptor, pid.data(), pid.size(), 0) != static_cast<ssize_t>(pid.size())) {
    return absl::UnavailableError(fmt::format("{}: cannot be written: {}", path, std::strerror(errno)));
  }
  return lock;
}

FileLock::FileLock(FileLock&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}

FileLock& FileLock::operator=(FileLock&& other) noexcept {
  std::swap(descriptor_, other.descriptor_);
  return *this;
}

FileLock::~FileLock() {
  if (descriptor_ >= 0) close(descriptor_);
}

}  // namespace hpsearch::store
