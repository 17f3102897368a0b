#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"
#include "client/cli/app.h"
#include "client/cli/exit_code.h"
#include "fmt/format.h"
#include "server/failpoint/failpoint.h"

namespace {

// True: there is something to be run. For crash tests.
bool ArmFailpoint(const char* text, int& code) {
  if (text == nullptr) return true;
  if (std::string_view(text) == "list") {
    for (const std::string_view name : hpsearch::failpoint::kNames) fmt::print("{}\n", name);
    code = hpsearch::cli::kDone;
    return false;
  }
  const absl::Status armed = hpsearch::failpoint::Arm(text);
  if (armed.ok()) return true;
  fmt::print(stderr, "hpsearch: {}\n", std::string(armed.message()));
  code = hpsearch::cli::kUsage;
  return false;
}

}  // namespace

int main(int argc, char** argv) {
  int code = 0;
  if (!ArmFailpoint(std::getenv("HPSEARCH_FAILPOINT"), code)) return code;
  // Debian's Abseil is built as for debugging, and keeps a graph of all of gRPC's mutexes to look for deadlocks
  // in.
  absl::SetMutexDeadlockDetectionMode(absl::OnDeadlockCycle::kIgnore);
  return hpsearch::cli::App().Run(argc, argv);
}
