#include "server/store/sqlite_error.h"

#include <spdlog/spdlog.h>
#include <sqlite3.h>

#include <cstdlib>

namespace hpsearch::store {
namespace {

int Primary(const SQLite::Exception& error) { return error.getErrorCode() & 0xff; }

}  // namespace

absl::Status ToStatus(const SQLite::Exception& error, const std::string& what) {
  const std::string message = what + ": " + error.what();
  switch (Primary(error)) {
    case SQLITE_FULL:
      return absl::UnavailableError(what + ": the disk is full");
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return absl::UnavailableError(message + ": another program holds the database");
    case SQLITE_IOERR:
    case SQLITE_CANTOPEN:
    case SQLITE_READONLY:
    case SQLITE_PERM:
    case SQLITE_AUTH:
    case SQLITE_NOMEM:
      return absl::UnavailableError(message);
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return absl::InternalError(
          message + "; `hpsearch doctor --db FILE` says what is wrong with it, a backup has what was");
    default:
      return absl::InternalError(message);
  }
}

bool IsBusy(const SQLite::Exception& error) {
  return Primary(error) == SQLITE_BUSY || Primary(error) == SQLITE_LOCKED;
}

bool IsDamage(const SQLite::Exception& error) {
  return Primary(error) == SQLITE_NOTADB || Primary(error) == SQLITE_CORRUPT;
}

bool IsDuplicate(const SQLite::Exception& error) {
  const int code = error.getExtendedErrorCode();
  return code == SQLITE_CONSTRAINT_UNIQUE || code == SQLITE_CONSTRAINT_PRIMARYKEY;
}

bool IsForbidden(const SQLite::Exception& error) {
  return Primary(error) == SQLITE_CANTOPEN || Primary(error) == SQLITE_READONLY || Primary(error) == SQLITE_PERM;
}

void EndProcessOnFailedSync(const SQLite::Exception& error, const std::string& what) {
  const int code = error.getExtendedErrorCode();
  if (code != SQLITE_IOERR_FSYNC && code != SQLITE_IOERR_DIR_FSYNC) return;
  spdlog::critical(
      "{}: the disk failed to sync ({}). What it holds is unknown now, so this process ends; acknowledged results "
      "are safe as far as the disk kept its word. Check the disk, then start again.",
      what, error.what());
  spdlog::default_logger()->flush();
  std::_Exit(1);
}

}  // namespace hpsearch::store
