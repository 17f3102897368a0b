// A table of recorded results in place of training (`export --curves` writes one): a row an epoch, with the
// point's parameters by name, `epoch`, the objective's metric, and what tells trainings of one point apart: any of
// `run`, `seed` and `trial` that are no parameters. Other columns are of no concern. Of a point that is not in it
// the nearest answers: by the sum of squares along the axes, a number's on its parameter's own scale from the
// lowest of its values to the highest; anything else is equal, or 1 away. Of equally near ones the first in the
// table.
//
// Immutable once read; from any thread. Errors: those of data::CsvTable, and INVALID_ARGUMENT, "path: line: ...",
// a table that does not suit the study.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "server/search/value_scale.h"
#include "server/study/spec.h"

namespace hpsearch::simulate {

// The objective's metric behind the epochs that are recorded; NaN: it was not finite.
using Curve = std::map<std::int64_t, double>;
// That of the last recorded epoch up to this one; NaN before the first.
double ValueAt(const Curve& curve, std::int64_t epoch);

class ResultsTable {
 public:
  static absl::StatusOr<ResultsTable> Read(const std::string& path, const study::StudySpec& spec);

  std::int64_t points() const { return std::ssize(points_); }
  std::int64_t epochs() const { return epochs_; }  // of the longest curve
  // The curve of the nearest point's training number `run`, from 0, counted round and round. `parameters`: a JSON
  // object, as trials have it.
  const Curve& Nearest(std::string_view parameters, std::int64_t run) const;

 private:
  // What a cell or a trial says of a parameter: a number, a text, or neither where it does not have it.
  struct Value {
    std::optional<double> number;
    std::string text;
    auto operator<=>(const Value&) const = default;
  };
  struct Point {
    std::vector<Value> values;  // by parameter
    std::vector<Curve> runs;    // in the table's order
  };
  class Reader;

  static Value ValueOf(std::string_view cell);
  double Distance(const std::vector<Value>& a, const std::vector<Value>& b) const;

  std::vector<std::string> parameters_;  // those of the study that are columns
  std::vector<std::optional<search::ValueScale>> scales_;
  std::vector<Point> points_;
  std::int64_t epochs_ = 0;
};

}  // namespace hpsearch::simulate
