// A data set of four IDX files in one folder, {train,t10k}-{images-idx3,labels-idx1}-ubyte, each plain or with .gz
// (the plain one is read where both are there). What one file cannot show is checked here: as many labels as
// images, equal sample shapes, labels that make classes.
//
// Threads: any; pure functions of the files. Errors: DATA_LOSS, which names file and fault; UNAVAILABLE, a file
// that cannot be opened or read now; RESOURCE_EXHAUSTED.
#pragma once

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "worker/data/dataset.h"
#include "worker/data/set_files.h"

namespace hpsearch::data {

// One of the four files is there, so that the folder is meant to be a set.
bool LooksLikeIdxSet(const std::string& folder);

// Everything but `key`.
absl::StatusOr<Dataset> ReadIdxSet(const std::string& folder, std::uint64_t most_bytes = kMostSetBytes);

}  // namespace hpsearch::data
