#include "worker/data/csv_columns.h"

#include <map>
#include <optional>
#include <string_view>
#include <utility>
#include <variant>

#include "absl/status/status.h"
#include "fmt/format.h"
#include "server/model/names.h"
#include "worker/data/csv_cell.h"

namespace hpsearch::data {
namespace {

// Finds columns by name or index, and sees that none is meant twice.
class Finder {
 public:
  Finder(const CsvTable& table, bool header) : table_(table) {
    if (!header) return;
    for (std::int64_t column = 0; column < table.columns(); ++column) {
      names_.emplace_back(table.Cell(0, column));
      by_name_.emplace(names_.back(), column);
    }
  }

  absl::StatusOr<std::int64_t> Find(const model::Column& column, const std::string& key) {
    absl::StatusOr<std::int64_t> index = IndexOf(column, key);
    if (!index.ok()) return index;
    const auto [taken, first] = taken_by_.emplace(*index, key);
    if (first) return index;
    return absl::InvalidArgumentError(
        fmt::format("dataset.{}: column {} stands under '{}' already", key, *index, taken->second));
  }

  bool Taken(std::int64_t column) const { return taken_by_.contains(column); }

 private:
  absl::StatusOr<std::int64_t> IndexOf(const model::Column& column, const std::string& key) const {
    if (const auto* index = std::get_if<std::int64_t>(&column)) {
      if (*index >= -table_.columns() && *index < table_.columns()) {
        return *index < 0 ? *index + table_.columns() : *index;
      }
      return absl::InvalidArgumentError(fmt::format("dataset.{}: there is no column {}; {} has 0 to {}", key,
                                                    *index, table_.path(), table_.columns() - 1));
    }
    const auto& name = std::get<std::string>(column);
    if (names_.empty()) {
      return absl::InvalidArgumentError(
          fmt::format("dataset.{}: the first line of {} names no columns, so that there is no '{}'; an index is "
                      "wanted, or header: true",
                      key, table_.path(), name));
    }
    const auto found = by_name_.find(name);
    if (found == by_name_.end()) {
      return absl::InvalidArgumentError(
          fmt::format("dataset.{}: {}", key, model::UnknownName("column", name, names_)));
    }
    if (by_name_.count(name) > 1) {
      return absl::InvalidArgumentError(
          fmt::format("dataset.{}: two columns are named '{}'; an index is wanted", key, name));
    }
    return found->second;
  }

  const CsvTable& table_;
  std::vector<std::string> names_;
  std::multimap<std::string, std::int64_t> by_name_;
  std::map<std::int64_t, std::string> taken_by_;
};

}  // namespace

bool HasHeader(const CsvTable& table, const model::DatasetSpec& spec) {
  if (spec.header) return *spec.header;
  for (std::int64_t column = 0; column < table.columns(); ++column) {
    const std::string_view cell = table.Cell(0, column);
    if (IsMissing(cell) || NumberIn(cell)) return false;
  }
  return table.rows() > 1;
}

absl::StatusOr<CsvColumns> MapColumns(const CsvTable& table, const model::DatasetSpec& spec) {
  CsvColumns columns{.header = HasHeader(table, spec)};
  Finder finder(table, columns.header);
  absl::StatusOr<std::int64_t> target = finder.Find(spec.target.value_or(-1), "target");
  if (!target.ok()) return target.status();
  columns.target = *target;
  for (const model::Column& column : spec.drop) {
    if (auto dropped = finder.Find(column, "drop"); !dropped.ok()) return dropped.status();
  }
  std::vector<bool> one_hot(static_cast<std::size_t>(table.columns()));
  for (const model::Column& column : spec.categorical) {
    absl::StatusOr<std::int64_t> index = finder.Find(column, "categorical");
    if (!index.ok()) return index.status();
    one_hot[static_cast<std::size_t>(*index)] = true;
  }
  for (std::int64_t column = 0; column < table.columns(); ++column) {
    const bool categorical = one_hot[static_cast<std::size_t>(column)];
    if (categorical || !finder.Taken(column)) columns.features.push_back({column, categorical});
  }
  if (columns.features.empty()) {
    return absl::InvalidArgumentError(
        fmt::format("{}: {} has {}, and none is left to learn from beside the target; values separated by commas "
                    "are wanted",
                    spec.drop.empty() ? "dataset" : "dataset.drop", table.path(),
                    table.columns() == 1 ? "one column" : fmt::format("{} columns", table.columns())));
  }
  return columns;
}

std::string ColumnName(const CsvTable& table, const CsvColumns& columns, std::int64_t column) {
  if (!columns.header) return fmt::format("column {}", column);
  return fmt::format("column {} ({})", column, table.Cell(0, column));
}

}  // namespace hpsearch::data
