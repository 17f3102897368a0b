// The system calls that reach files in this test program, SQLite's and the store's own: counted, and from a chosen
// one on they fail. In place of libc's are the program's own (failing_calls.cc), which go on to libc's where they
// do not fail.
//
// Not among them: fdatasync (disk.h), whose failure ends the process, and those whose failure SQLite takes for an
// answer (stat, access: no such file; fcntl: another one has the lock). Any thread.
#pragma once

#include <cerrno>

namespace hpsearch::testing {

// While it lives, the calls behind the first `after` fail: one of them, or all that follow.
class FailingCalls {
 public:
  enum class Lasting { kOnce, kForEver };
  explicit FailingCalls(int after, Lasting lasting = Lasting::kOnce, int error = EIO);
  FailingCalls(const FailingCalls&) = delete;
  FailingCalls& operator=(const FailingCalls&) = delete;
  ~FailingCalls();

  static int Failed();  // by the one that lives
};

}  // namespace hpsearch::testing
