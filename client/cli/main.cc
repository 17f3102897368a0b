#include "absl/synchronization/mutex.h"
#include "client/cli/app.h"

int main(int argc, char** argv) {
  // Debian's Abseil is built as for debugging, and keeps a graph of all of gRPC's mutexes to look for deadlocks
  // in.
  absl::SetMutexDeadlockDetectionMode(absl::OnDeadlockCycle::kIgnore);
  return hpsearch::cli::App().Run(argc, argv);
}
