// Opening a study database: what must hold before anyone reads or writes it. Only this room sees SQLite.
//
// A file is made whole or not at all: a new one is built as FILE.new and renamed, so that a file of this name is
// always a study database or somebody else's. It is looked at before anything is written, through SQLite alone:
// closing a descriptor of ours would drop the locks that SQLite has on the file in this process.
//
// Ownership: a connection is its opener's. Threads: a connection is used by one thread at a time; all else by any.
// Errors: FAILED_PRECONDITION (no study database, damaged, of a newer version), PERMISSION_DENIED (the folder must
// be writable even to read), UNAVAILABLE (cannot be opened, held by another program).
#pragma once

#include <SQLiteCpp/Database.h>

#include <memory>
#include <string>

#include "absl/status/statusor.h"

namespace hpsearch::store {

// A connection waits so long for another program's lock.
inline constexpr int kBusyMilliseconds = 5000;

// The one name of a file, whatever way leads to it; it need not exist yet.
absl::StatusOr<std::string> CanonicalPath(const std::string& path);

enum class FileState { kMissing, kEmpty, kStudies };
// Refuses what is no study database. Leaves no trace.
absl::StatusOr<FileState> Inspect(const std::string& path);
// An empty file that a server had before, as its lock says, is no new one. To be asked before the lock is taken.
absl::Status CheckNotEmptied(const std::string& path, FileState state);

// The one connection that writes and checkpoints: makes the file where there is none, brings it to this version.
// The caller holds the FileLock.
absl::StatusOr<std::unique_ptr<SQLite::Database>> OpenToWrite(const std::string& path);
// A connection that only reads and never checkpoints, not even when it closes. NOT_FOUND: there is no file.
absl::StatusOr<std::unique_ptr<SQLite::Database>> OpenToRead(const std::string& path);
// The same for one whose integrity_check shall look at CHECKs too, where the file may be written.
absl::StatusOr<std::unique_ptr<SQLite::Database>> OpenToExamine(const std::string& path);

// Whether the file of that name is still the one that was opened: one that was removed or replaced would be read
// as it was for ever. UNAVAILABLE: it is not; open it again.
absl::Status CheckInPlace(SQLite::Database& database, const std::string& path);

}  // namespace hpsearch::store
