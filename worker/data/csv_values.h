// What the cells of a mapped table hold: what its target is, the categories of its one-hot columns, and the
// features, labels and targets of its rows.
//
// Pure; any thread. Errors: INVALID_ARGUMENT, "dataset.KEY: path: row, column: what does not fit" (rows, as
// columns, count from 0, behind the header; the line of the file stands beside it); RESOURCE_EXHAUSTED.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "worker/data/csv_columns.h"
#include "worker/data/csv_table.h"
#include "worker/data/dataset.h"

namespace hpsearch::data {

// The values of a column, in order: numbers by size where all of them are numbers, else texts by their bytes.
struct Categories {
  std::vector<std::string> names;      // each once; of numbers spelled differently, one spelling
  std::vector<std::int64_t> integers;  // of the target, where all are integers; else empty
};

// What is learnt. Integers may be both: classes, and numbers for a regression.
struct CsvTarget {
  Categories classes;      // label i is value i; empty where there are none
  bool numbers = false;    // each cell is a number that fits a float
  std::string no_classes;  // why there are no classes: numbers that are no integers, or more than 256 of them
};
// INVALID_ARGUMENT, beside what stands above: neither, more than 256 texts.
absl::StatusOr<CsvTarget> TargetOf(const CsvTable& table, const CsvColumns& columns);

// Of each feature of `columns`: its categories, none of a number's. Those of the table to train on, all of it: the
// categories are the column's domain, and what it holds in rows of the test file alone is no feature.
absl::StatusOr<std::vector<Categories>> OneHotCategories(const CsvTable& table, const CsvColumns& columns);

// The number of floats a row becomes.
std::int64_t WidthOf(const std::vector<Categories>& categories);

// Floats, labels and targets of the table's rows behind the header. A value that `categories` do not have (of a
// test file) makes all of its column's features 0. Refused are a cell that is missing in a column that is not
// dropped, one that is no number, and a target that is no class, unless all are numbers: then there are no
// classes, and `target` says why.
absl::StatusOr<Part> RowsOf(const CsvTable& table, const CsvColumns& columns, CsvTarget& target,
                            const std::vector<Categories>& categories, std::uint64_t most_bytes);

}  // namespace hpsearch::data
