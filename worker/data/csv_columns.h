// The columns of a table as a study maps them: which is learnt, which are numbers, which one-hot, which left out.
//
// Pure; any thread. Errors: INVALID_ARGUMENT, "dataset.KEY: what does not fit".
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "server/model/dataset.h"
#include "worker/data/csv_table.h"

namespace hpsearch::data {

struct CsvColumns {
  bool header = false;      // the table's first row names the columns
  std::int64_t target = 0;  // index
  struct Feature {
    std::int64_t column = 0;  // index
    bool one_hot = false;     // else a number
  };
  std::vector<Feature> features;  // neither target nor dropped, in the file's order; at least one
};

// Whether the first row names the columns: the mapping's word, else where none of its cells is a number or empty.
bool HasHeader(const CsvTable& table, const model::DatasetSpec& spec);

absl::StatusOr<CsvColumns> MapColumns(const CsvTable& table, const model::DatasetSpec& spec);

// "column 3", with a header "column 3 (age)".
std::string ColumnName(const CsvTable& table, const CsvColumns& columns, std::int64_t column);

}  // namespace hpsearch::data
