// Examines a database: that its trees are whole (PRAGMA integrity_check), that rows belong to rows
// (foreign_key_check), and what the coordinator keeps true of studies, rounds, trials and their curves, checksums
// among it, and of what a study has learnt from earlier ones.
//
// It only reads, while a server writes and while none does, all of it in one state of the file; until it is
// through, the log of a server that writes meanwhile grows. Memory does not grow with the file; sorting goes
// through a file in TMPDIR.
//
// Threads: any; it blocks, some ten seconds for ten million epochs. Errors: those of OpenToRead
// (store/database.h): a file that is refused is not examined; UNAVAILABLE where the disk fails.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "server/store/findings.h"

namespace hpsearch::store {

struct Diagnosis {
  std::int64_t studies = 0, trials = 0, epochs = 0;  // that were looked at
  Findings findings;
};

absl::StatusOr<Diagnosis> Examine(const std::string& path, std::size_t most_findings = 100);

}  // namespace hpsearch::store
