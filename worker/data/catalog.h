// The data sets that this process can find: folders in the data path, each set a folder of files in a known format
// (IDX so far) under the set's name. A set is loaded at most once a process and kept while anyone uses it.
//
// Threads: any; Load of one set from two threads reads it once. Errors: NOT_FOUND (no set of that name, and where
// was looked), DATA_LOSS (damaged: the message names file and fault), RESOURCE_EXHAUSTED (larger than permitted).
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "worker/data/dataset.h"

namespace hpsearch::data {

// HPSEARCH_DATA's folders, split at ':'; by default ./data, ~/.local/share/hpsearch/data, /usr/share/datasets.
std::vector<std::string> DataPath();

struct Found {
  std::string name;
  std::string folder;
  std::string format;  // "idx"
};

class Catalog {
 public:
  explicit Catalog(std::vector<std::string> folders);
  ~Catalog();

  // All sets that are there, by name; the first folder of the path wins. Reads no contents.
  std::vector<Found> List() const;
  // By name in the data path, or by the path of a folder (anything with a '/').
  absl::StatusOr<std::shared_ptr<const Dataset>> Load(const std::string& key);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace hpsearch::data
