#include "worker/data/csv_set.h"

#include <array>
#include <filesystem>
#include <optional>
#include <string_view>
#include <system_error>
#include <utility>

#include "absl/status/status.h"
#include "fmt/format.h"
#include "worker/data/csv_columns.h"
#include "worker/data/csv_table.h"
#include "worker/data/csv_values.h"
#include "worker/data/digest.h"

namespace hpsearch::data {
namespace {

namespace fs = std::filesystem;

constexpr std::array<std::string_view, 4> kSuffixes = {".csv", ".csv.gz", ".data", ".data.gz"};

struct Tables {
  CsvTable train;
  std::optional<CsvTable> test;
  std::string hash;
};

absl::StatusOr<Tables> ReadTables(const std::string& path, std::uint64_t most_bytes) {
  std::error_code error;
  std::string train_path = path;
  std::optional<std::string> test_path;
  if (fs::is_directory(path, error)) {
    const std::optional<std::string> found = FindFile(path, "train.csv");
    if (!found) return absl::DataLossError(fmt::format("{0}/train.csv: is missing, as is train.csv.gz", path));
    train_path = *found;
    test_path = FindFile(path, "test.csv");
  }
  Digest digest;
  absl::StatusOr<CsvTable> train = CsvTable::Read(train_path, most_bytes, digest);
  if (!train.ok()) return train.status();
  Tables tables{*std::move(train), std::nullopt, ""};
  if (test_path) {
    absl::StatusOr<CsvTable> test = CsvTable::Read(*test_path, most_bytes, digest);
    if (!test.ok()) return test.status();
    if (test->columns() != tables.train.columns()) {
      return absl::DataLossError(fmt::format("{}: {} columns, but {} has {}", *test_path, test->columns(),
                                             Filename(train_path), tables.train.columns()));
    }
    tables.test = *std::move(test);
  }
  tables.hash = digest.Hex();
  return tables;
}

absl::Status CheckHeaders(const CsvTable& train, const CsvTable& test) {
  for (std::int64_t column = 0; column < train.columns(); ++column) {
    if (test.Cell(0, column) == train.Cell(0, column)) continue;
    return absl::InvalidArgumentError(fmt::format("dataset: {}: column {} is named '{}', but '{}' in {}",
                                                  test.path(), column, test.Cell(0, column), train.Cell(0, column),
                                                  Filename(train.path())));
  }
  return absl::OkStatus();
}

}  // namespace

bool LooksLikeCsvSet(const std::string& path) {
  std::error_code error;
  if (fs::is_directory(path, error)) return FindFile(path, "train.csv") || FindFile(path, "test.csv");
  const std::string name = Filename(path);
  return CsvSetName(name) != name && fs::exists(fs::symlink_status(path, error));
}

std::string CsvSetName(const std::string& filename) {
  for (const std::string_view suffix : kSuffixes) {
    if (filename.size() > suffix.size() && filename.ends_with(suffix)) {
      return filename.substr(0, filename.size() - suffix.size());
    }
  }
  return filename;
}

absl::StatusOr<Dataset> ReadCsvTable(const std::string& path, std::uint64_t most_bytes) {
  absl::StatusOr<Tables> tables = ReadTables(path, most_bytes);
  if (!tables.ok()) return tables.status();
  const std::int64_t header = HasHeader(tables->train, {}) ? 1 : 0;
  Dataset dataset;
  dataset.hash = tables->hash;
  dataset.shape = {.sample = {tables->train.columns()},
                   .train_rows = tables->train.rows() - header,
                   .test_rows = tables->test ? tables->test->rows() - header : 0,
                   .table = true};
  return dataset;
}

absl::StatusOr<Dataset> ReadCsvSet(const std::string& path, const model::DatasetSpec& spec,
                                   std::uint64_t most_bytes) {
  absl::StatusOr<Tables> tables = ReadTables(path, most_bytes);
  if (!tables.ok()) return tables.status();
  absl::StatusOr<CsvColumns> columns = MapColumns(tables->train, spec);
  if (!columns.ok()) return columns.status();
  if (columns->header && tables->test) {
    if (absl::Status status = CheckHeaders(tables->train, *tables->test); !status.ok()) return status;
  }
  absl::StatusOr<CsvTarget> target = TargetOf(tables->train, *columns);
  if (!target.ok()) return target.status();
  absl::StatusOr<std::vector<Categories>> categories = OneHotCategories(tables->train, *columns);
  if (!categories.ok()) return categories.status();
  absl::StatusOr<Part> train = RowsOf(tables->train, *columns, *target, *categories, most_bytes);
  if (!train.ok()) return train.status();
  Dataset dataset;
  dataset.train = *std::move(train);
  if (tables->test) {
    absl::StatusOr<Part> test = RowsOf(*tables->test, *columns, *target, *categories, most_bytes);
    if (!test.ok()) return test.status();
    dataset.test = *std::move(test);
  }
  dataset.hash = tables->hash;
  // The rows of the test may have shown that the targets are no classes.
  if (!target->no_classes.empty()) {
    target->classes = {};
    dataset.train.labels.clear();
    dataset.no_classes = std::move(target->no_classes);
  }
  dataset.shape = {.sample = {WidthOf(*categories)},
                   .classes = static_cast<std::int64_t>(target->classes.names.size()),
                   .train_rows = dataset.train.rows(),
                   .test_rows = dataset.test.rows(),
                   .numbers = target->numbers};
  dataset.class_names = std::move(target->classes.names);
  dataset.class_values = std::move(target->classes.integers);
  dataset.validation_from = model::ValidationFrom::kRandom;
  return dataset;
}

}  // namespace hpsearch::data
