// The schema of a file: brought to a version by the migrations, and held against what they make. A file that has
// it runs no SQL but ours: no view, check or trigger of it says anything else than the migrations do.
//
// Threads: those of the connection; what a version's schema is, is found out once a process, by any. Errors are
// thrown (SQLite::Exception): SQLite's own, and SQLITE_CORRUPT where the schema is another.
#pragma once

#include <SQLiteCpp/Database.h>

namespace hpsearch::store {

// Reads the schema as well, so that a file whose first pages are damaged does not seem whole.
int VersionOf(SQLite::Database& database);

// In a transaction of the caller's.
void Migrate(SQLite::Database& database, int from, int to);

// Every table, index, trigger and view of that version is there, to the letter. More may be: a user's own view.
void CheckSchema(SQLite::Database& database, int version);

}  // namespace hpsearch::store
