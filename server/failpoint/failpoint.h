// Named places at which a crash test ends the process, as kill -9 would, or stops it, as SIGSTOP does.
//
//   HPSEARCH_FAILPOINT=NAME:N        the process kills itself when it passes the place for the N-th time
//   HPSEARCH_FAILPOINT=NAME:N:stop   it stops itself there; SIGCONT wakes it
//   HPSEARCH_FAILPOINT=list          hpsearch prints the names and does nothing else
//
// A name that names.h does not have does not compile. One place a process, armed once by main; where none is
// armed, passing costs a load. None stands in a training step.
//
// Threads: Failpoint from any; Arm before there are others. Errors of Arm: INVALID_ARGUMENT, with what is right.
// tests/crash drives the process past each of them.
#pragma once

#include <atomic>
#include <string_view>

#include "absl/status/status.h"
#include "server/failpoint/names.h"

namespace hpsearch::failpoint {

class Place {
 public:
  // NOLINTNEXTLINE(google-explicit-constructor): Failpoint("name")
  consteval Place(const char* name) : index_(IndexOf(name)) {
    if (index_ < 0) throw "names.h has no such failpoint";
  }
  int index() const { return index_; }

 private:
  int index_;
};

// What HPSEARCH_FAILPOINT says, but for `list`.
absl::Status Arm(std::string_view text);

inline constinit std::atomic<int> armed = -1;
void Pass();  // the armed place

inline void Failpoint(Place place) {
  if (armed.load(std::memory_order_relaxed) == place.index()) [[unlikely]]
    Pass();
}

}  // namespace hpsearch::failpoint
