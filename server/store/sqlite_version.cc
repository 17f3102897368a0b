#include "server/store/sqlite_version.h"

#include <sqlite3.h>

namespace hpsearch::store {

std::string SqliteVersion() { return sqlite3_libversion(); }

}  // namespace hpsearch::store
