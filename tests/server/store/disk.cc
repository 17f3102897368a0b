#include "tests/server/store/disk.h"

#include <sqlite3.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <condition_variable>
#include <cstdlib>
#include <map>
#include <mutex>
#include <optional>

namespace hpsearch::testing::disk {
namespace {

struct State {
  std::mutex mutex;
  std::condition_variable changed;
  int syncs = 0;
  bool hold = false;
  bool held = false;
  std::optional<int> left;        // syncs that succeed; unset: all
  std::map<ino_t, off_t> synced;  // sizes
};

State& TheDisk() {
  static State state;
  return state;
}

ssize_t RefuseWrite(int, const void*, size_t, off_t) {
  errno = ENOSPC;
  return -1;
}

int Sync(int descriptor) {
  State& disk = TheDisk();
  {
    std::unique_lock lock(disk.mutex);
    ++disk.syncs;
    struct stat file {};
    fstat(descriptor, &file);
    if (disk.left && (*disk.left)-- <= 0) {
      const off_t kept = std::min(file.st_size, disk.synced[file.st_ino]);
      if (S_ISREG(file.st_mode) && ftruncate(descriptor, kept) != 0) std::abort();
      errno = EIO;
      return -1;
    }
    disk.synced[file.st_ino] = file.st_size;
    if (disk.hold) {
      disk.held = true;
      disk.changed.notify_all();
      disk.changed.wait(lock, [&disk] { return !disk.hold; });
      disk.held = false;
    }
  }
  return static_cast<int>(syscall(SYS_fdatasync, descriptor));
}

}  // namespace

int Syncs() {
  const std::scoped_lock lock(TheDisk().mutex);
  return TheDisk().syncs;
}

void HoldSyncs() {
  const std::scoped_lock lock(TheDisk().mutex);
  TheDisk().hold = true;
}

void AwaitHeldSync() {
  std::unique_lock lock(TheDisk().mutex);
  TheDisk().changed.wait(lock, [] { return TheDisk().held; });
}

void ReleaseSyncs() {
  const std::scoped_lock lock(TheDisk().mutex);
  TheDisk().hold = false;
  TheDisk().changed.notify_all();
}

void FailSyncs(int after) {
  const std::scoped_lock lock(TheDisk().mutex);
  TheDisk().left = after;
}

void SetFull(bool full) {
  sqlite3_vfs* vfs = sqlite3_vfs_find(nullptr);
  const auto refuse = reinterpret_cast<sqlite3_syscall_ptr>(&RefuseWrite);
  vfs->xSetSystemCall(vfs, "pwrite64", full ? refuse : nullptr);  // null: the system's own again
}

}  // namespace hpsearch::testing::disk

extern "C" int fdatasync(int descriptor) { return hpsearch::testing::disk::Sync(descriptor); }
