#include "server/store/backup.h"

#include <SQLiteCpp/Backup.h>
#include <SQLiteCpp/Database.h>
#include <fmt/format.h>

#include <filesystem>
#include <memory>
#include <system_error>

#include "absl/status/statusor.h"
#include "server/store/database.h"
#include "server/store/sqlite_error.h"
#include "server/store/sync_folder.h"

namespace hpsearch::store {
namespace {

namespace fs = std::filesystem;

constexpr int kAllPages = -1;  // in one step: of one state of the file, whatever is written meanwhile

void RemovePart(const std::string& part) {
  std::error_code ignored;
  for (const char* suffix : {"", "-journal", "-wal", "-shm"}) fs::remove(part + suffix, ignored);
}

absl::Status Copy(SQLite::Database& source, const std::string& part) try {
  SQLite::Database copy(part, SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE | SQLite::OPEN_NOMUTEX);
  copy.exec("PRAGMA synchronous = FULL");
  SQLite::Backup backup(copy, source);
  backup.executeStep(kAllPages);
  return absl::OkStatus();
} catch (const SQLite::Exception& error) {
  return ToStatus(error, part);
}

}  // namespace

absl::Status Backup(const std::string& path, const std::string& out) {
  std::error_code error;
  if (fs::exists(fs::symlink_status(out, error))) {
    return absl::AlreadyExistsError(fmt::format("{}: there is a file already; it is left as it is", out));
  }
  const absl::StatusOr<std::unique_ptr<SQLite::Database>> source = OpenToRead(path);
  if (!source.ok()) return source.status();
  const std::string part = out + ".part";
  RemovePart(part);
  absl::Status status = Copy(**source, part);
  if (status.ok()) {
    // Where another has made one meanwhile, that stays.
    fs::create_hard_link(part, out, error);
    if (error == std::errc::file_exists) {
      status = absl::AlreadyExistsError(fmt::format("{}: there is a file by now; it is left as it is", out));
    } else if (error) {
      status = absl::UnavailableError(fmt::format("{}: cannot be made: {}", out, error.message()));
    } else {
      status = SyncFolder(out);
    }
  }
  RemovePart(part);
  return status;
}

}  // namespace hpsearch::store
