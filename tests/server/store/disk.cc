#include "tests/server/store/disk.h"

#include <sqlite3.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <condition_variable>
#include <mutex>

namespace hpsearch::testing::disk {
namespace {

struct State {
  std::mutex mutex;
  std::condition_variable changed;
  int syncs = 0;
  bool hold = false;
  bool held = false;
  bool fail = false;
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
    if (disk.fail) {
      errno = EIO;
      return -1;
    }
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

void FailSyncs() {
  const std::scoped_lock lock(TheDisk().mutex);
  TheDisk().fail = true;
}

void SetFull(bool full) {
  sqlite3_vfs* vfs = sqlite3_vfs_find(nullptr);
  const auto refuse = reinterpret_cast<sqlite3_syscall_ptr>(&RefuseWrite);
  vfs->xSetSystemCall(vfs, "pwrite64", full ? refuse : nullptr);  // null: the system's own again
}

}  // namespace hpsearch::testing::disk

extern "C" int fdatasync(int descriptor) { return hpsearch::testing::disk::Sync(descriptor); }
