// A data set of comma-separated values: one file NAME.csv or NAME.data (as UCI names them), or a folder of
// train.csv and test.csv, each plain or with .gz. What a network sees of it depends on the study's mapping, so
// that there are two ways to read one: as a table, for its content and columns, and as a mapping makes it.
//
// Learnt is the target's column: its values, integers by size or texts by their bytes, are the classes 0, 1, ..; a
// study's `classes` names integers by their value. Numbers, integers or not, are a regression's targets too. Every
// other column is a number, or one-hot, or dropped, in the file's order. Rows that validate are drawn, where the
// study does not say otherwise: files are often sorted.
//
// Threads: any; pure functions of the files. Errors: DATA_LOSS, "file: line: fault", what is no table whatever the
// mapping; INVALID_ARGUMENT, "dataset.KEY: ..", a mapping that does not fit (csv_columns.h, csv_values.h);
// UNAVAILABLE, a file that cannot be opened or read now; RESOURCE_EXHAUSTED.
#pragma once

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "worker/data/dataset.h"
#include "worker/data/set_files.h"

namespace hpsearch::data {

// The file is there, or one of the folder's is, so that the path is meant to be a set.
bool LooksLikeCsvSet(const std::string& path);

// The name of a set in a file: "digits" of digits.csv.gz; of anything else, as it is.
std::string CsvSetName(const std::string& filename);

// Everything but `key` and the parts: the hash, and a shape that is a table's. The rows are counted as with the
// default mapping.
absl::StatusOr<Dataset> ReadCsvTable(const std::string& path, std::uint64_t most_bytes = kMostSetBytes);

// Everything but `key`. The hash is the table's, of the contents: the same for every mapping.
absl::StatusOr<Dataset> ReadCsvSet(const std::string& path, const model::DatasetSpec& spec,
                                   std::uint64_t most_bytes = kMostSetBytes);

}  // namespace hpsearch::data
