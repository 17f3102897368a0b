// What SQLite alone makes durable: the measure that a server's rate is held against.
//
// Threads: any; it blocks. Errors: those of OpenToWrite (store/database.h), and SQLite's.
#pragma once

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"

namespace hpsearch::store {

// Rows of the epoch table itself, with its primary key, 1,000 a commit, WAL, synchronous=FULL, in a new file of
// that path: a second's worth, of `rows` in all. The file stays.
absl::StatusOr<double> DurableRowsPerSecond(const std::string& path, std::int64_t rows);

}  // namespace hpsearch::store
