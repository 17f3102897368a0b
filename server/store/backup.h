// A consistent copy of a database, while a server writes it or not: the state of one moment, what was acknowledged
// until then in it. The server is not held up; its log is emptied into the file only behind the copy.
//
// Threads: any; it blocks for as long as the copy takes. The copy is made as OUT.part-… and renamed once it is
// whole and synced. Errors: ALREADY_EXISTS (there is something at OUT), NOT_FOUND and FAILED_PRECONDITION as
// OpenToRead (store/database.h) has them, UNAVAILABLE (the disk is full, the folder may not be written).
#pragma once

#include <string>

#include "absl/status/status.h"

namespace hpsearch::store {

absl::Status Backup(const std::string& path, const std::string& out);

}  // namespace hpsearch::store
