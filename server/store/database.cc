#include "server/store/database.h"

#include <SQLiteCpp/Transaction.h>
#include <fmt/format.h>
#include <sqlite3.h>
#include <unistd.h>

#include <array>
#include <cstring>
#include <filesystem>
#include <string_view>
#include <system_error>

#include "server/failpoint/failpoint.h"
#include "server/store/migrations.h"
#include "server/store/row_checksum.h"
#include "server/store/schema.h"
#include "server/store/sqlite_error.h"
#include "server/store/structure.h"
#include "server/store/sync_folder.h"

namespace hpsearch::store {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kMagic("SQLite format 3\0", 16);
constexpr std::size_t kHeaderSize = 100;
constexpr std::size_t kApplicationIdOffset = 68;  // big-endian; https://sqlite.org/fileformat.html

absl::Status NotOurs(const std::string& path, std::string_view what) {
  return absl::FailedPreconditionError(fmt::format(
      "{}: not a hpsearch database: {}; it is left as it is. Name another file with --db", path, what));
}

absl::Status Emptied(const std::string& path, const std::string& witness) {
  return absl::FailedPreconditionError(fmt::format(
      "{0}: the file is empty, but {1} beside it says that it was a database; it is left as it is. Restore "
      "a backup, or remove both to begin anew",
      path, witness));
}

absl::Status Refuse(const SQLite::Exception& error, const std::string& path) {
  if (IsDamage(error)) {
    return absl::FailedPreconditionError(fmt::format(
        "{0}: the database is damaged ({1}); it is left as it is. Restore a backup, or name another file; "
        "`hpsearch doctor --db {0}` says what is wrong with it",
        path, error.what()));
  }
  const std::string folder = fs::path(path).parent_path().string();
  if (IsForbidden(error) && access(folder.c_str(), W_OK) != 0) {
    return absl::PermissionDeniedError(
        fmt::format("{}: the folder {} may not be written, and SQLite keeps {}-wal and {}-shm there even to read; "
                    "permit writing there, or copy the file elsewhere",
                    path, folder, fs::path(path).filename().string(), fs::path(path).filename().string()));
  }
  return ToStatus(error, path);
}

// The file's first bytes as they are, with no lock taken and no file made beside it.
absl::StatusOr<FileState> InspectHeader(const std::string& path) {
  SQLite::Database database(path, SQLite::OPEN_READONLY | SQLite::OPEN_NOMUTEX);
  sqlite3_file* file = nullptr;
  database.check(sqlite3_file_control(database.getHandle(), "main", SQLITE_FCNTL_FILE_POINTER, &file));
  sqlite3_int64 size = 0;
  database.check(file->pMethods->xFileSize(file, &size));
  if (size == 0) {
    std::error_code none;
    if (fs::file_size(path + "-wal", none) > 0 && !none) return Emptied(path, path + "-wal");
    return FileState::kEmpty;
  }
  std::array<unsigned char, kHeaderSize> header{};
  if (size < static_cast<sqlite3_int64>(header.size())) return NotOurs(path, "it is no SQLite file");
  database.check(file->pMethods->xRead(file, header.data(), header.size(), 0));
  if (std::memcmp(header.data(), kMagic.data(), kMagic.size()) != 0) {
    return NotOurs(path, "it is no SQLite file");
  }
  std::uint32_t application_id = 0;
  for (std::size_t i = 0; i < 4; ++i) application_id = application_id << 8 | header[kApplicationIdOffset + i];
  if (application_id != static_cast<std::uint32_t>(kApplicationId)) {
    return NotOurs(path, "it is a SQLite file of another program");
  }
  return FileState::kStudies;
}

void Settle(SQLite::Database& database) {
  AddRowChecksum(database);
  database.setBusyTimeout(kBusyMilliseconds);
  database.exec("PRAGMA temp_store = MEMORY");
  database.exec("PRAGMA wal_autocheckpoint = 0");
  // The file may be damaged, or somebody else's work (https://sqlite.org/security.html).
  database.check(sqlite3_db_config(database.getHandle(), SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr));
  database.exec("PRAGMA cell_size_check = ON");
}

std::unique_ptr<SQLite::Database> Reading(const std::string& path, int mode = SQLite::OPEN_READONLY) {
  auto database = std::make_unique<SQLite::Database>(path, mode | SQLite::OPEN_NOMUTEX);
  database->check(sqlite3_db_config(database->getHandle(), SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr));
  Settle(*database);
  database->exec("PRAGMA query_only = ON");
  database->exec("PRAGMA trusted_schema = OFF");  // whoever wrote the views: they call harmless functions alone
  return database;
}

// Of a file whose schema was found to be ours, and which has no journal to be rolled back: a connection that could
// write is the only one to which SQLite tells the CHECKs; this one does not.
std::unique_ptr<SQLite::Database> Examining(const std::string& path) {
  std::unique_ptr<SQLite::Database> database = Reading(path, SQLite::OPEN_READWRITE);
  database->exec("PRAGMA trusted_schema = ON");  // json_type is not among the functions that SQLite calls harmless
  return database;
}

absl::Status CheckNotNewer(int version, const std::string& path) {
  if (version <= SchemaVersion()) return absl::OkStatus();
  return absl::FailedPreconditionError(
      fmt::format("{}: written by a newer hpsearch (schema {}, this one knows up to {}); it is left as it is. Use "
                  "the newer hpsearch, or another file",
                  path, version, SchemaVersion()));
}

// A newer or a damaged file is found out by a reader, which leaves it, log and all, as it was.
absl::Status CheckWhole(const std::string& path) {
  const std::unique_ptr<SQLite::Database> database = Reading(path);
  const int version = VersionOf(*database);
  if (absl::Status known = CheckNotNewer(version, path); !known.ok()) return known;
  CheckSchema(*database, version);
  CheckStructure(*Examining(path));
  if (const std::string damage = DamageOfLog(path); !damage.empty()) {
    return absl::FailedPreconditionError(
        fmt::format("{0}: the database is damaged ({1}); it is left as it is. Restore a backup, or take {0}-wal "
                    "away to go on without what is in it",
                    path, damage));
  }
  return absl::OkStatus();
}

// What SQLite could not open to write, the file or its -shm, it has opened to read, for good, and says so at the
// first write: the next start may have better luck.
void CheckWritable(SQLite::Database& database) try {
  const SQLite::Transaction transaction(database, SQLite::TransactionBehavior::IMMEDIATE);  // rolled back
} catch (const SQLite::Exception& error) {
  if (!IsBusy(error)) throw;
}

void RemoveBeside(const std::string& path) {
  for (const char* suffix : {"-journal", "-wal", "-shm"}) fs::remove(path + suffix);
}

// In a rollback journal, so that the application id stands in the file itself and not in a log beside it.
absl::Status Create(const std::string& path, bool replace_empty) try {
  failpoint::Failpoint("server.create.begun");
  const std::string fresh = path + ".new";
  fs::remove(fresh);
  RemoveBeside(fresh);
  {
    SQLite::Database database(fresh, SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE | SQLite::OPEN_NOMUTEX);
    Settle(database);
    database.exec("PRAGMA synchronous = FULL");
    SQLite::Transaction transaction(database);
    database.exec(fmt::format("PRAGMA application_id = {}", kApplicationId));
    Migrate(database, 0, SchemaVersion());
    failpoint::Failpoint("server.create.uncommitted");
    transaction.commit();
    failpoint::Failpoint("server.create.committed");
    database.exec("PRAGMA journal_mode = WAL");
  }
  if (replace_empty) fs::permissions(fresh, fs::status(path).permissions());
  // The log of a file that was deleted must not be replayed into this one.
  RemoveBeside(path);
  failpoint::Failpoint("server.create.unrenamed");
  fs::rename(fresh, path);
  failpoint::Failpoint("server.create.renamed");
  return SyncFolder(path);
} catch (const fs::filesystem_error& error) {
  return absl::UnavailableError(fmt::format("{}: cannot be made: {}", path, error.code().message()));
}

}  // namespace

absl::Status CheckNotEmptied(const std::string& path, FileState state) {
  std::error_code error;
  const std::string lock = path + ".lock";
  return state == FileState::kEmpty && fs::exists(lock, error) ? Emptied(path, lock) : absl::OkStatus();
}

absl::StatusOr<std::string> CanonicalPath(const std::string& path) {
  if (path.empty()) return absl::UnavailableError("the path of the database is empty; name a file");
  std::error_code error;
  const fs::path canonical = fs::weakly_canonical(fs::absolute(path, error), error);
  if (error) return absl::UnavailableError(fmt::format("{}: cannot be looked at: {}", path, error.message()));
  return canonical.string();
}

absl::StatusOr<FileState> Inspect(const std::string& path) try {
  std::error_code error;
  const fs::file_status status = fs::status(path, error);
  if (status.type() == fs::file_type::not_found) return FileState::kMissing;
  if (status.type() == fs::file_type::none) {
    return absl::UnavailableError(fmt::format("{}: cannot be looked at: {}", path, error.message()));
  }
  if (status.type() != fs::file_type::regular) return NotOurs(path, "it is no regular file");
  return InspectHeader(path);
} catch (const SQLite::Exception& error) {
  return Refuse(error, path);
}

absl::StatusOr<std::unique_ptr<SQLite::Database>> OpenToWrite(const std::string& path) try {
  absl::StatusOr<FileState> state = Inspect(path);
  if (!state.ok()) return state.status();
  if (*state != FileState::kStudies) {
    if (absl::Status created = Create(path, *state == FileState::kEmpty); !created.ok()) return created;
  }
  if (absl::Status whole = CheckWhole(path); !whole.ok()) return whole;

  auto database = std::make_unique<SQLite::Database>(path, SQLite::OPEN_READWRITE | SQLite::OPEN_NOMUTEX);
  Settle(*database);
  database->exec("PRAGMA synchronous = FULL");
  database->exec("PRAGMA foreign_keys = ON");
  database->exec("PRAGMA cache_size = -65536");            // KiB
  database->exec("PRAGMA journal_size_limit = 67108864");  // what a log that once grew large shrinks to
  const std::string mode = database->execAndGet("PRAGMA journal_mode = WAL").getString();
  if (mode != "wal") {
    return absl::UnavailableError(
        fmt::format("{}: this file system cannot hold a write-ahead log (SQLite stays in '{}' mode); put the "
                    "database on a local disk",
                    path, mode));
  }
  CheckWritable(*database);
  if (const int version = VersionOf(*database); version < SchemaVersion()) {
    database->exec("PRAGMA temp_store = FILE");  // what a statement would have to undo: a whole table's pages
    SQLite::Transaction transaction(*database, SQLite::TransactionBehavior::IMMEDIATE);
    failpoint::Failpoint("server.migrate.begun");
    Migrate(*database, version, SchemaVersion());
    failpoint::Failpoint("server.migrate.uncommitted");
    transaction.commit();
    failpoint::Failpoint("server.migrate.committed");
    database->exec("PRAGMA temp_store = MEMORY");
  }
  return database;
} catch (const SQLite::Exception& error) {
  EndProcessOnFailedSync(error, path);
  return Refuse(error, path);
}

absl::StatusOr<std::unique_ptr<SQLite::Database>> OpenToRead(const std::string& path) try {
  absl::StatusOr<FileState> state = Inspect(path);
  if (!state.ok()) return state.status();
  if (*state == FileState::kMissing) return absl::NotFoundError(fmt::format("{}: there is no such file", path));
  if (*state == FileState::kEmpty) return NotOurs(path, "it is empty");
  std::unique_ptr<SQLite::Database> database = Reading(path);
  const int version = VersionOf(*database);
  if (absl::Status known = CheckNotNewer(version, path); !known.ok()) return known;
  if (version < SchemaVersion()) {
    return absl::FailedPreconditionError(
        fmt::format("{}: written by an older hpsearch (schema {}, now {}); start `hpsearch server --db {}` once, "
                    "which brings it up to date",
                    path, version, SchemaVersion(), path));
  }
  CheckSchema(*database, version);
  return database;
} catch (const SQLite::Exception& error) {
  return Refuse(error, path);
}

absl::StatusOr<std::unique_ptr<SQLite::Database>> OpenToExamine(const std::string& path) try {
  if (const auto reader = OpenToRead(path); !reader.ok()) return reader.status();
  return Examining(path);
} catch (const SQLite::Exception& error) {
  return Refuse(error, path);
}

absl::Status CheckInPlace(SQLite::Database& database, const std::string& path) {
  int moved = 0;
  sqlite3_file_control(database.getHandle(), "main", SQLITE_FCNTL_HAS_MOVED, &moved);
  if (moved == 0) return absl::OkStatus();
  return absl::UnavailableError(
      fmt::format("{}: the file that was opened is no longer there; open it again", path));
}

}  // namespace hpsearch::store
