// A file of comma-separated values (RFC 4180) as a table of texts, gzipped or not. libcsv tells the cells apart: a
// quoted one may hold commas, line breaks and doubled quotes; of one that is not, spaces at its ends are no part.
// Empty lines are passed over, a byte order mark too. Every line has as many cells as the first.
//
// Threads: any; immutable once read. Memory grows with what was read: at most as much text as the file holds, and
// four bytes a cell and a line. Errors: DATA_LOSS, "path: line: fault" (lines count from 1); RESOURCE_EXHAUSTED
// where there is more than `most_bytes` or 2^28 cells; those of byte_source.h.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "worker/data/digest.h"

namespace hpsearch::data {

class CsvTable {
 public:
  // Also appends the file's contents, decompressed, to the digest.
  static absl::StatusOr<CsvTable> Read(const std::string& path, std::uint64_t most_bytes, Digest& digest);

  std::int64_t rows() const { return static_cast<std::int64_t>(lines_.size()); }  // the header among them; above 0
  std::int64_t columns() const { return columns_; }                               // above 0
  const std::string& path() const { return path_; }
  // Requires: the row and the column are there.
  std::string_view Cell(std::int64_t row, std::int64_t column) const {
    const auto i = static_cast<std::size_t>(row * columns_ + column);
    const std::size_t begin = i == 0 ? 0 : ends_[i - 1];
    return std::string_view(text_).substr(begin, ends_[i] - begin);
  }
  // The line of the file that the row ends on, from 1.
  std::int64_t Line(std::int64_t row) const { return lines_[static_cast<std::size_t>(row)]; }

 private:
  friend class CsvBuilder;
  CsvTable() = default;

  std::string path_;
  std::int64_t columns_ = 0;
  std::string text_;                 // of all cells, one behind the other
  std::vector<std::uint32_t> ends_;  // in text_, row-major
  std::vector<std::uint32_t> lines_;
};

}  // namespace hpsearch::data
