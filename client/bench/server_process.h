// `hpsearch server` as a process of its own, on a file and a port of the system's choice: what a benchmark
// measures.
//
// Threads: one at a time; one of its own passes on what the server says on stderr. Ownership: the process ends
// with this. Errors: UNAVAILABLE, it ended before it listened.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <memory>
#include <string>
#include <thread>

#include "absl/status/statusor.h"

namespace hpsearch::bench {

class ServerProcess {
 public:
  // This program's own server. Returns when it listens.
  static absl::StatusOr<std::unique_ptr<ServerProcess>> Start(const std::string& database);
  ~ServerProcess();  // SIGTERM, and waits

  const std::string& address() const { return address_; }
  std::chrono::duration<double> ready_after() const { return ready_after_; }
  // Resident now, in bytes; 0: not known.
  std::int64_t MemoryBytes() const;
  // Of processor time since the start, user and system.
  std::chrono::duration<double> ProcessorTime() const;

 private:
  ServerProcess(pid_t pid, int said) : pid_(pid), said_(said) {}
  absl::Status WaitUntilReady();

  const pid_t pid_;
  const int said_;  // the reading end of its stderr
  std::string address_;
  std::chrono::duration<double> ready_after_{};
  std::thread passing_on_;
};

}  // namespace hpsearch::bench
