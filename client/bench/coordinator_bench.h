// What a server leases, stores and acknowledges in a second: a server in a process of its own on a real file, gRPC
// over loopback, and workers that train nothing, in this one.
//
// Threads: one at a time; it blocks. Errors: INVALID_ARGUMENT (a study that cannot be), ALREADY_EXISTS (a file
// with studies is to be preloaded), UNAVAILABLE (the server does not start, a session ends), and those of the
// file.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

#include "absl/status/statusor.h"

namespace hpsearch::bench {

struct CoordinatorBench {
  std::int64_t workers = 64;
  std::int64_t trials = 20'000;
  std::int64_t epochs = 10;  // of each trial
  // So many finished trials of ten epochs are in the file before, in another study.
  std::int64_t preload = 0;
  std::chrono::milliseconds trial{0};   // that one lasts
  std::chrono::seconds idle{0};         // behind the last trial, for the server's processor time at rest
  std::optional<std::string> database;  // kept; else one in a folder of its own, removed
};

struct CoordinatorRates {
  double trials_per_second = 0;   // from the study's creation to the last outcome that is stored
  double reports_per_second = 0;  // epochs
  // From a worker's word that a slot is free to the lease's arrival; none where each had one trial.
  std::optional<double> lease_p50_ms, lease_p99_ms;
  double ack_p99_ms = 0;              // from a trial's last epochs to the word that they are stored
  double sqlite_rows_per_second = 0;  // store/durable_rows.h, beside the same file
  double server_ready_seconds = 0;    // from its start to its listening
  double server_memory_mb = 0;        // resident, at the end
  double server_processor_seconds = 0;
  std::optional<double> idle_processor_share;  // of a core; where it was asked for
};

absl::StatusOr<CoordinatorRates> BenchCoordinator(const CoordinatorBench& bench);

}  // namespace hpsearch::bench
