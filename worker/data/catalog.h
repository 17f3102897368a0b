// The data sets that this process can find: folders in the data path, each set a folder of files in a known format
// (set_format.h) under the set's name, or a table in a file of that name. A set is in memory once, a table once
// for each mapping of its columns that is in use, however many use it; behind them the two used last stay there,
// any other is let go and read anew when it is wanted again, as it is on the disk by then.
//
// Threads: any; Load of one set from two threads reads it once. Errors: NOT_FOUND (no set of that name, and where
// was looked), DATA_LOSS (damaged: the message names file and fault), INVALID_ARGUMENT (a mapping that does not
// fit the set: the message begins with its key), UNAVAILABLE (a file that this process cannot open or read now,
// with the system's word), RESOURCE_EXHAUSTED (larger than permitted, or than the memory).
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "worker/data/dataset.h"

namespace hpsearch::data {

struct Found {
  std::string name;
  std::string folder;  // or the file
  std::string format;  // "idx", "cifar", "npy", "csv"
};

class Catalog {
 public:
  explicit Catalog(std::vector<std::string> folders);
  ~Catalog();

  // All sets that are there, by name; the first folder of the path wins. Folders whose names no study could say
  // (hidden, not UTF-8, with control characters) are passed over. Reads no contents.
  std::vector<Found> List() const;
  // By name in the data path, or by the path of a folder or file (anything with a '/'). Of a table its content and
  // columns alone (DatasetShape::table): what it is to a network, a mapping says.
  absl::StatusOr<std::shared_ptr<const Dataset>> Load(const std::string& key);
  // As a study maps it: what is trained on.
  absl::StatusOr<std::shared_ptr<const Dataset>> Load(const model::DatasetSpec& spec);

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace hpsearch::data
