// The SQLite that this process runs with. Any thread; no errors.
#pragma once

#include <string>

namespace hpsearch::store {

std::string SqliteVersion();  // "3.40.1"

}  // namespace hpsearch::store
