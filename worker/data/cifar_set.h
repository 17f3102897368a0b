// CIFAR-10 and CIFAR-100 in their binary version (Krizhevsky, "Learning multiple layers of features from tiny
// images", 2009; cs.toronto.edu/~kriz/cifar.html), each file plain or with .gz:
//
//   CIFAR-10   data_batch_1.bin, data_batch_2.bin, .. (five of them; as many as are there, without a gap) to train
//              on, in that order; test_batch.bin. A row is a label and 3,072 bytes.
//   CIFAR-100  train.bin, test.bin. A row is a coarse label, a fine one and 3,072 bytes; the fine ones, 0 to 99,
//   are
//              the classes, the coarse ones are passed over.
//
// A sample is {3, 32, 32}: the 1,024 bytes of red come first, then green, then blue, each row after row: channels
// first, as on the disk. (Keras's cifar10.load_data() gives channels last.)
//
// Threads: any; pure functions of the files. Errors: DATA_LOSS, "file: row: fault" (rows count from 0 in their
// file); UNAVAILABLE, a file that cannot be opened or read now; RESOURCE_EXHAUSTED.
#pragma once

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "worker/data/dataset.h"
#include "worker/data/set_files.h"

namespace hpsearch::data {

// One of the files is there, so that the folder is meant to be a set.
bool LooksLikeCifarSet(const std::string& folder);

// Everything but `key`.
absl::StatusOr<Dataset> ReadCifarSet(const std::string& folder, std::uint64_t most_bytes = kMostSetBytes);

}  // namespace hpsearch::data
