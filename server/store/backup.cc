#include "server/store/backup.h"

#include <SQLiteCpp/Backup.h>
#include <SQLiteCpp/Database.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <sqlite3.h>
#include <stdio.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <memory>
#include <random>
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
  if (backup.executeStep(kAllPages) == SQLITE_DONE) return absl::OkStatus();
  return absl::UnavailableError(fmt::format("{}: another program holds the database", source.getFilename()));
} catch (const SQLite::Exception& error) {
  return ToStatus(error, part);
}

absl::Status IsThere(const std::string& out) {
  return absl::AlreadyExistsError(fmt::format("{}: there is a file already; it is left as it is", out));
}

// Never over another file.
absl::Status Publish(const std::string& part, const std::string& out) {
  int failed = renameat2(AT_FDCWD, part.c_str(), AT_FDCWD, out.c_str(), RENAME_NOREPLACE);
  if (failed != 0 && (errno == EINVAL || errno == ENOSYS)) {  // a file system that cannot say so
    failed = link(part.c_str(), out.c_str());
  }
  if (failed == 0) return SyncFolder(out);
  if (errno == EEXIST) return IsThere(out);
  return absl::UnavailableError(fmt::format("{}: cannot be made: {}", out, std::strerror(errno)));
}

}  // namespace

absl::Status Backup(const std::string& path, const std::string& out) {
  std::error_code error;
  if (fs::exists(fs::symlink_status(out, error))) return IsThere(out);
  const absl::StatusOr<std::string> file = CanonicalPath(path);
  if (!file.ok()) return file.status();
  const absl::StatusOr<std::unique_ptr<SQLite::Database>> source = OpenToRead(*file);
  if (!source.ok()) return source.status();
  std::random_device random;
  const std::string part = fmt::format("{}.part-{:08x}{:08x}", out, random(), random());
  absl::Status status = Copy(**source, part);
  if (status.ok()) status = Publish(part, out);
  RemovePart(part);
  return status;
}

}  // namespace hpsearch::store
