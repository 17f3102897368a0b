// What SQLite's errors mean here. Only this room sees SQLite; it includes this and nothing of it gets further.
//
// UNAVAILABLE: the disk is full or failing, the file is held by another program or may not be written; trying
// again may help. INTERNAL: everything else, in SQLite's own words. Pure, but for EndProcessOnFailedSync; any
// thread.
#pragma once

#include <SQLiteCpp/Exception.h>

#include <string>

#include "absl/status/status.h"

namespace hpsearch::store {

// `what`: the file, or what was being done.
absl::Status ToStatus(const SQLite::Exception& error, const std::string& what);

bool IsBusy(const SQLite::Exception& error);
// The file is no SQLite database, or a damaged one.
bool IsDamage(const SQLite::Exception& error);
// A row of that key is there already.
bool IsDuplicate(const SQLite::Exception& error);
// Nothing can be opened or made beside the file: SQLite needs FILE-shm and FILE-wal there even to read.
bool IsForbidden(const SQLite::Exception& error);

// After a failed sync nobody knows what is on the disk, and a second sync would say nothing of it: the process
// ends, and what the file holds is read again at the next start. Returns where `error` is anything else.
void EndProcessOnFailedSync(const SQLite::Exception& error, const std::string& what);

}  // namespace hpsearch::store
