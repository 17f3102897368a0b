// A TrialQuery as SQL: checked, and in the order that it asks for. Only this room sees SQLite.
//
// Threads: those of the connection. Errors: INVALID_ARGUMENT (an unknown key or state, a negative count) says what
// would be right; SQLite's own are thrown (SQLite::Exception).
#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "server/store/rows.h"
#include "server/store/study_reader.h"

namespace hpsearch::store {

// What needs no look into the file.
absl::Status Check(const TrialQuery& query);

// The statement of a query that Check found right. ?1: the study's name, ?2: how many, ?3: how many before them,
// ?4: the state, where the query names one. The trial's number breaks ties.
absl::StatusOr<std::string> Select(Statements& statements, const TrialQuery& query);

}  // namespace hpsearch::store
