// A process of a test's own that works on a store and may die over it. It is forked: started from a test with no
// other thread. Threads: the test's.
#pragma once

#include <fcntl.h>
#include <sys/types.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <string>

namespace hpsearch::testing {

// Runs `body` with the writing end of a pipe; is killed when this goes out of scope.
class ChildProcess {
 public:
  template <class Body>
  explicit ChildProcess(Body body) {
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0) std::abort();
    pid_ = fork();
    if (pid_ == 0) {
      body(fdopen(ends[1], "w"));
      _exit(0);
    }
    close(ends[1]);
    out_ = fdopen(ends[0], "r");
  }
  ~ChildProcess();
  ChildProcess(const ChildProcess&) = delete;
  ChildProcess& operator=(const ChildProcess&) = delete;

  // The next number that it has written; -1: it is gone, and all that it wrote was read.
  long Next();
  void Kill();
  // Waits for its end; the exit code, or the negative of the signal that ended it.
  int Await();
  pid_t pid() const { return pid_; }

 private:
  pid_t pid_ = 0;
  FILE* out_ = nullptr;
};

// Commits trial after trial, each with two epochs and `ballast` bytes of a request's answer, and writes the number
// of each that was acknowledged. Exits with 3 or 4 where the store does not take it.
void CommitForEver(const std::string& file, long first, std::size_t ballast, FILE* out);

}  // namespace hpsearch::testing
