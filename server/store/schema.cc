#include "server/store/schema.h"

#include <SQLiteCpp/Statement.h>
#include <fmt/format.h>
#include <sqlite3.h>

#include <algorithm>
#include <map>
#include <mutex>
#include <string>
#include <tuple>
#include <vector>

#include "server/failpoint/failpoint.h"
#include "server/store/migrations.h"
#include "server/store/row_checksum.h"

namespace hpsearch::store {
namespace {

using Object = std::tuple<std::string, std::string, std::string, std::string>;  // type, name, table, SQL

// What SQLite keeps for itself has no SQL, or such as it likes.
std::vector<Object> ObjectsIn(SQLite::Database& database) {
  std::vector<Object> objects;
  SQLite::Statement query(
      database, "SELECT type, name, tbl_name, sql FROM sqlite_schema WHERE name NOT LIKE 'sqlite#_%' ESCAPE '#'");
  while (query.executeStep()) {
    objects.emplace_back(query.getColumn(0).getString(), query.getColumn(1).getString(),
                         query.getColumn(2).getString(), query.getColumn(3).getString());
  }
  std::sort(objects.begin(), objects.end());
  return objects;
}

const std::vector<Object>& ObjectsOf(int version) {
  static std::mutex mutex;  // guards the map, whose elements stay where they are
  static std::map<int, std::vector<Object>> known;
  const std::lock_guard<std::mutex> lock(mutex);
  std::vector<Object>& objects = known[version];
  if (objects.empty()) {
    SQLite::Database database(":memory:", SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE | SQLite::OPEN_NOMUTEX);
    AddRowChecksum(database);
    Migrate(database, 0, version);
    objects = ObjectsIn(database);
  }
  return objects;
}

}  // namespace

int VersionOf(SQLite::Database& database) {
  database.exec("SELECT 1 FROM sqlite_schema");
  return database.execAndGet("PRAGMA user_version").getInt();
}

void Migrate(SQLite::Database& database, int from, int to) {
  for (const Migration& migration : Migrations()) {
    if (migration.number <= from || migration.number > to) continue;
    database.exec(migration.sql);
    failpoint::Failpoint("server.migrate.step");
    database.exec(fmt::format("PRAGMA user_version = {}", migration.number));
  }
}

void CheckSchema(SQLite::Database& database, int version) {
  if (version < 1) throw SQLite::Exception("it has no version", SQLITE_CORRUPT);
  const std::vector<Object> there = ObjectsIn(database);
  for (const Object& object : ObjectsOf(version)) {
    if (std::binary_search(there.begin(), there.end(), object)) continue;
    throw SQLite::Exception(
        fmt::format("its {} '{}' is not that of schema {}", std::get<0>(object), std::get<1>(object), version),
        SQLITE_CORRUPT);
  }
}

}  // namespace hpsearch::store
