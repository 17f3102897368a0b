// The schema of a study database as numbered migrations: SQL that takes a file from one version (PRAGMA
// user_version) to the next. A migration that was released never changes; a new one is added behind it.
// Constant, so of any thread and without errors; database.h carries them out.
#pragma once

#include <cstdint>
#include <span>

namespace hpsearch::store {

struct Migration {
  int number = 0;  // the user_version that it leads to
  const char* sql = nullptr;
};

std::span<const Migration> Migrations();  // by number, from 1 without gaps
int SchemaVersion();                      // that of the last one

// PRAGMA application_id of every study database: "HPSR". It stands in the file from the moment that the file has
// its name (database.h), and tells it from anyone else's.
inline constexpr std::int32_t kApplicationId = 0x48505352;

}  // namespace hpsearch::store
