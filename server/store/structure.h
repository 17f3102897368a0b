// Whether a file that is to be written is whole, as far as can be known within the start of a server: a damaged
// one is to be refused, not written on.
//
// Threads: those of the connection. Errors are thrown (SQLite::Exception): SQLite's own, and SQLITE_CORRUPT with
// what is wrong.
#pragma once

#include <SQLiteCpp/Database.h>

#include <string>

#include "absl/status/status.h"

namespace hpsearch::store {

// A file that is no larger than this is looked through at every start; of a larger one only what a server reads at
// its start, so that the start does not grow with what was trained. What is wrong with the rest of it is an error
// when it is read or written, and `hpsearch doctor` finds it.
inline constexpr std::int64_t kLookedThrough = std::int64_t{64} << 20;

// The trees of the file, that every page is used once, that each index has its rows, and each row's types and
// CHECKs.
void CheckStructure(SQLite::Database& database, std::int64_t looked_through = kLookedThrough);

// The head of the log beside a file. SQLite takes a log whose head is damaged for none, and with it go results
// that were acknowledged. (Of a damaged frame it cannot be told whether it was ever whole: the log ends there.)
// What is wrong, or empty.
std::string DamageOfLog(const std::string& path);

}  // namespace hpsearch::store
