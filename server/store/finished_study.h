// A study that ended long ago, written into a file without a server: what benchmarks and tests find there.
//
// Threads: any; it blocks. Errors: ABORTED (another process has the file), those of OpenToWrite (store/database.h)
// and of the changes (study/store.h).
#pragma once

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "server/study/records.h"

namespace hpsearch::store {

// Completes the record of a study (name and spec are given) with id 1, one round and `trials` COMPLETED trials of
// `epochs` epochs each. Makes the file where there is none; a file with studies in it: ALREADY_EXISTS.
absl::Status WriteFinishedStudy(const std::string& path, study::StudyRecord study, std::int64_t trials,
                                std::int64_t epochs);

}  // namespace hpsearch::store
