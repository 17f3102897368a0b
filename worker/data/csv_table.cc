#include "worker/data/csv_table.h"

#include <csv.h>

#include <algorithm>
#include <cstring>
#include <new>
#include <utility>

#include "absl/status/status.h"
#include "fmt/format.h"
#include "worker/data/byte_source.h"

namespace hpsearch::data {
namespace {

constexpr std::size_t kChunkBytes = 1 << 16;
constexpr std::size_t kMostCellBytes = 1 << 20;
constexpr std::size_t kMostCells = std::size_t{1} << 28;
constexpr std::uint64_t kMostText = std::uint64_t{1} << 31;  // ends are 32 bits
constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

}  // namespace

// Fills a table from what libcsv finds. Its callbacks are C: what goes wrong in one is kept, and told behind it.
class CsvBuilder {
 public:
  CsvBuilder(const std::string& path, CsvTable& table) : table_(table) {
    table_.path_ = path;
    csv_init(&parser_, CSV_STRICT | CSV_STRICT_FINI);
  }
  ~CsvBuilder() { csv_free(&parser_); }
  CsvBuilder(const CsvBuilder&) = delete;
  CsvBuilder& operator=(const CsvBuilder&) = delete;

  // A line, or a part of one.
  absl::Status Add(std::string_view text) {
    const std::size_t done = csv_parse(&parser_, text.data(), text.size(), OnCell, OnRow, this);
    if (!fault_.ok()) return fault_;
    if (done < text.size()) return ParserFault();
    if (parser_.entry_pos > kMostCellBytes) {
      return Fault(fmt::format("a cell of more than {} bytes; is a quote not closed?", kMostCellBytes));
    }
    if (text.ends_with('\n')) ++line_;
    return absl::OkStatus();
  }

  absl::Status Finish() {
    const int failed = csv_fini(&parser_, OnCell, OnRow, this);
    if (!fault_.ok()) return fault_;
    if (failed != 0) return Fault("the file ends within quotes");
    if (table_.lines_.empty()) return absl::DataLossError(fmt::format("{}: holds no rows", table_.path_));
    table_.text_.shrink_to_fit();
    table_.ends_.shrink_to_fit();
    table_.lines_.shrink_to_fit();
    return absl::OkStatus();
  }

 private:
  static void OnCell(void* text, std::size_t size, void* self) {
    static_cast<CsvBuilder*>(self)->Guarded([=](CsvBuilder& builder) {
      if (builder.table_.ends_.size() == kMostCells) {
        builder.fault_ = absl::ResourceExhaustedError(fmt::format(
            "{}: more than {} cells; no more are taken for a data set", builder.table_.path_, kMostCells));
        return;
      }
      builder.table_.text_.append(static_cast<const char*>(text), size);
      builder.table_.ends_.push_back(static_cast<std::uint32_t>(builder.table_.text_.size()));
    });
  }

  static void OnRow(int /*terminator*/, void* self) {
    static_cast<CsvBuilder*>(self)->Guarded([](CsvBuilder& builder) { builder.EndRow(); });
  }

  // An exception must not fly through C.
  template <typename Do>
  void Guarded(Do what) {
    if (!fault_.ok()) return;
    try {
      what(*this);
    } catch (const std::bad_alloc&) {
      fault_ = absl::ResourceExhaustedError(fmt::format("{}: memory does not suffice for it", table_.path_));
    }
  }

  void EndRow() {
    const auto cells = static_cast<std::int64_t>(table_.ends_.size() - cells_before_);
    if (table_.lines_.empty()) table_.columns_ = cells;
    table_.lines_.push_back(line_);
    cells_before_ = table_.ends_.size();
    if (cells != table_.columns_) {
      fault_ = Fault(
          fmt::format("{} {}, but the first line has {}", cells, cells == 1 ? "cell" : "cells", table_.columns_));
    }
  }

  absl::Status ParserFault() {
    switch (csv_error(&parser_)) {
      case CSV_EPARSE:
        return Fault(
            "a quote within a cell, or something behind a closing one; a cell with quotes in it is quoted "
            "as a whole, and each of them doubled");
      case CSV_ENOMEM:
        return absl::ResourceExhaustedError(fmt::format("{}: memory does not suffice for it", table_.path_));
      default:
        return Fault(csv_strerror(csv_error(&parser_)));
    }
  }

  absl::Status Fault(const std::string& what) const {
    return absl::DataLossError(fmt::format("{}: line {}: {}", table_.path_, line_, what));
  }

  CsvTable& table_;
  csv_parser parser_{};
  absl::Status fault_;
  std::uint32_t line_ = 1;
  std::size_t cells_before_ = 0;  // of the rows that have ended
};

absl::StatusOr<CsvTable> CsvTable::Read(const std::string& path, std::uint64_t most_bytes, Digest& digest) {
  absl::StatusOr<ByteSource> source = ByteSource::Open(path);
  if (!source.ok()) return source.status();
  const std::uint64_t most = std::min(most_bytes, kMostText);
  CsvTable table;
  CsvBuilder builder(path, table);
  std::vector<std::uint8_t> chunk(kChunkBytes);
  std::uint64_t read = 0;
  for (bool end = false; !end;) {
    absl::StatusOr<std::size_t> got = source->Read(chunk);
    if (!got.ok()) return got.status();
    end = *got < chunk.size();
    digest.Append(chunk.data(), *got);
    std::string_view text(reinterpret_cast<const char*>(chunk.data()), *got);
    if (read == 0 && text.starts_with(kByteOrderMark)) text.remove_prefix(kByteOrderMark.size());
    read += *got;
    if (read > most) {
      return absl::ResourceExhaustedError(
          fmt::format("{}: more than {} bytes; no more are taken for a table", path, most));
    }
    while (!text.empty()) {
      const std::size_t line = std::min(text.find('\n'), text.size() - 1) + 1;
      if (absl::Status status = builder.Add(text.substr(0, line)); !status.ok()) return status;
      text.remove_prefix(line);
    }
  }
  digest.Append(static_cast<std::int64_t>(read));
  if (absl::Status status = builder.Finish(); !status.ok()) return status;
  return table;
}

}  // namespace hpsearch::data
