#include "tests/server/store/failing_calls.h"

#include <dlfcn.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/types.h>

#include <cstdarg>
#include <cstddef>
#include <cstdlib>
#include <mutex>

namespace hpsearch::testing {
namespace {

struct State {
  std::mutex mutex;
  bool armed = false;
  int left = 0, failed = 0, error = 0;
  FailingCalls::Lasting lasting = FailingCalls::Lasting::kOnce;
};

State& TheState() {
  static State state;
  return state;
}

// Whether the call that is made now fails; errno says how, then.
bool Fails() {
  State& state = TheState();
  const std::scoped_lock lock(state.mutex);
  if (!state.armed || state.left-- > 0) return false;
  if (state.lasting == FailingCalls::Lasting::kOnce) state.armed = false;
  state.left = 0;
  ++state.failed;
  errno = state.error;
  return true;
}

template <class Function>
Function* Libc(const char* name) {
  void* const found = dlsym(RTLD_NEXT, name);
  if (found == nullptr) std::abort();
  return reinterpret_cast<Function*>(found);
}

}  // namespace

FailingCalls::FailingCalls(int after, Lasting lasting, int error) {
  State& state = TheState();
  const std::scoped_lock lock(state.mutex);
  state.armed = true;
  state.left = after;
  state.failed = 0;
  state.error = error;
  state.lasting = lasting;
}

FailingCalls::~FailingCalls() {
  State& state = TheState();
  const std::scoped_lock lock(state.mutex);
  state.armed = false;
}

int FailingCalls::Failed() {
  const std::scoped_lock lock(TheState().mutex);
  return TheState().failed;
}

}  // namespace hpsearch::testing

// NAME(PARAMETERS) is the program's own: ARGUMENTS go on to libc's where it does not fail.
#define HPSEARCH_FAILING(TYPE, NAME, PARAMETERS, ARGUMENTS)                    \
  TYPE NAME PARAMETERS {                                                       \
    static auto* const libc = hpsearch::testing::Libc<TYPE PARAMETERS>(#NAME); \
    return hpsearch::testing::Fails() ? -1 : libc ARGUMENTS;                   \
  }

extern "C" {

HPSEARCH_FAILING(ssize_t, pread, (int file, void* to, std::size_t size, off_t at), (file, to, size, at))
HPSEARCH_FAILING(ssize_t, pread64, (int file, void* to, std::size_t size, off64_t at), (file, to, size, at))
HPSEARCH_FAILING(ssize_t, pwrite, (int file, const void* from, std::size_t size, off_t at), (file, from, size, at))
HPSEARCH_FAILING(ssize_t, pwrite64, (int file, const void* from, std::size_t size, off64_t at),
                 (file, from, size, at))
HPSEARCH_FAILING(int, ftruncate, (int file, off_t size), (file, size))
HPSEARCH_FAILING(int, ftruncate64, (int file, off64_t size), (file, size))
HPSEARCH_FAILING(int, fallocate, (int file, int mode, off_t at, off_t size), (file, mode, at, size))
HPSEARCH_FAILING(int, fstat, (int file, struct stat* status), (file, status))
HPSEARCH_FAILING(int, fstat64, (int file, struct stat64* status), (file, status))
HPSEARCH_FAILING(int, statvfs, (const char* path, struct statvfs* disk), (path, disk))
HPSEARCH_FAILING(int, flock, (int file, int how), (file, how))
HPSEARCH_FAILING(int, fsync, (int file), (file))
HPSEARCH_FAILING(int, rename, (const char* from, const char* to), (from, to))
HPSEARCH_FAILING(int, renameat2, (int a, const char* from, int b, const char* to, unsigned flags),
                 (a, from, b, to, flags))
HPSEARCH_FAILING(int, link, (const char* from, const char* to), (from, to))

int open(const char* path, int flags, ...) {
  std::va_list more;
  va_start(more, flags);
  const mode_t mode = (flags & O_CREAT) != 0 ? va_arg(more, mode_t) : 0;
  va_end(more);
  static auto* const libc = hpsearch::testing::Libc<int(const char*, int, ...)>("open");
  return hpsearch::testing::Fails() ? -1 : libc(path, flags, mode);
}

int open64(const char* path, int flags, ...) {
  std::va_list more;
  va_start(more, flags);
  const mode_t mode = (flags & O_CREAT) != 0 ? va_arg(more, mode_t) : 0;
  va_end(more);
  static auto* const libc = hpsearch::testing::Libc<int(const char*, int, ...)>("open64");
  return hpsearch::testing::Fails() ? -1 : libc(path, flags, mode);
}

}  // extern "C"
