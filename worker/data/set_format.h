// The formats of data sets: which one lies at a path, and its reader. A new format is a row in the table of
// set_format.cc.
//
// Threads: any; the table is made at the first call and never changed. Errors: those of the format's reader.
#pragma once

#include <functional>
#include <string>

#include "absl/status/statusor.h"
#include "worker/data/dataset.h"

namespace hpsearch::data {

struct SetFormat {
  std::string name;    // "idx"
  std::string wanted;  // the files that make a set of it, for people
  // Something at the path is meant to be a set of this format. Reads no contents.
  std::function<bool(const std::string& path)> looks_like;
  // Everything but `key`. Of a table: its content and columns alone.
  std::function<absl::StatusOr<Dataset>(const std::string& path)> read;
  // Of a table: everything but `key`, as the study maps it. Null: the format has no columns to map.
  std::function<absl::StatusOr<Dataset>(const std::string& path, const model::DatasetSpec& spec)> read_mapped;
};

// The format of what lies at the path, the first of the table that fits; nullptr: none.
const SetFormat* FormatAt(const std::string& path);

// What would be a data set, for people: "IDX: ...; CIFAR: ...".
std::string WantedFiles();

}  // namespace hpsearch::data
