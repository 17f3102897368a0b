// What a study says of its data set (DatasetSpec), and what is known of one that was found (DatasetShape). Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "server/model/document.h"
#include "server/model/fault.h"
#include "server/model/network.h"

namespace hpsearch::model {

// What the network sees of a feature x: x; x / 255; (x - mean) / deviation, both of the training rows alone, the
// deviation sklearn's StandardScaler's (of the population; 1 where the feature is constant).
enum class Normalize { kNone, kUnit, kStandardize };

// A column of a table: its index from 0, or from the end (-1 is the last); or its name in the header.
using Column = std::variant<std::int64_t, std::string>;

struct DatasetSpec {
  std::string name;                    // looked up in a worker's data path; empty where `path` is given
  std::string path;                    // a folder, for `run` and `check` alone; empty where `name` is given
  std::vector<std::int64_t> classes;   // these alone, numbered anew in this order; empty: all
  std::optional<Normalize> normalize;  // unset: bytes kUnit, everything else kNone
  // Of a set without a test part of its own: the part of its rows that is kept for the test; in [0, 1). As in
  // Keras, none is taken where it is not asked for.
  std::optional<double> test_fraction;
  // Of a table (CSV) alone.
  std::optional<Column> target;  // what is learnt; unset: the last column
  std::optional<bool> header;    // whether the first line names the columns; unset: where none of it is a number
  std::vector<Column> drop;      // left out
  std::vector<Column> categorical;  // one-hot

  bool MapsColumns() const { return target || header || !drop.empty() || !categorical.empty(); }

  // What the set is known by between coordinator and worker: the name, or the path.
  const std::string& Key() const { return name.empty() ? path : name; }
  bool operator==(const DatasetSpec&) const = default;
};

struct DatasetShape {
  Shape sample;              // {28, 28}
  std::int64_t classes = 0;  // labels are 0 .. classes - 1; 0: the targets are no classes
  std::int64_t train_rows = 0;
  std::int64_t test_rows = 0;
  bool selected = false;  // of the classes that the study selects, numbered anew; else of the whole set
  // A table, before a study has said what its columns are: the sample is {columns}, the target among them, there
  // are no classes, and what a network sees of it is known only where the file is read with the study's mapping.
  bool table = false;
  bool numbers = false;  // the targets are numbers that a regression can learn (of a table: not said)
  bool operator==(const DatasetShape&) const = default;
};

// From a substituted `dataset` section: a name, or a mapping. Faults have paths at or below "dataset".
DatasetSpec ReadDataset(const Node& dataset, Faults& faults);

// What of a study's mapping cannot be of a table with so many columns (shape.table): an index that is not there.
// Whether names are there, and what the cells hold, shows where the file is.
void CheckTable(const DatasetSpec& spec, const DatasetShape& shape, Faults& faults);

}  // namespace hpsearch::model
