// A data set of numpy's arrays in one folder: x_train.npy, y_train.npy, x_test.npy, y_test.npy, each plain or with
// .gz, as npy.h takes them. Without x_test and y_test the set has no test part.
//
// Threads: any; pure functions of the files. Errors: DATA_LOSS, which names file, row and fault; UNAVAILABLE, a
// file that cannot be opened or read now; RESOURCE_EXHAUSTED.
#pragma once

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "worker/data/dataset.h"
#include "worker/data/set_files.h"

namespace hpsearch::data {

// One of the four files is there, so that the folder is meant to be a set.
bool LooksLikeNpySet(const std::string& folder);

// Everything but `key`. A sample has the shape of x_train without its first axis; classes are y_train's, from 0
// (or 1) without gaps; where these are floats, they are a regression's targets, and there are no classes.
absl::StatusOr<Dataset> ReadNpySet(const std::string& folder, std::uint64_t most_bytes = kMostSetBytes);

}  // namespace hpsearch::data
