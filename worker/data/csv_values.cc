#include "worker/data/csv_values.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <optional>
#include <string_view>
#include <utility>

#include "absl/status/status.h"
#include "fmt/format.h"
#include "worker/data/csv_cell.h"
#include "worker/data/set_files.h"

namespace hpsearch::data {
namespace {

constexpr std::size_t kMostClasses = 256;
constexpr double kExactIntegers = 9007199254740992.0;  // 2^53
constexpr std::size_t kLongestQuote = 60;

std::string Quoted(std::string_view cell) {
  return cell.size() <= kLongestQuote ? fmt::format("'{}'", cell)
                                      : fmt::format("'{}...'", cell.substr(0, kLongestQuote));
}

// One use of a mapped table: where its cells stand, for the faults.
class Cells {
 public:
  Cells(const CsvTable& table, const CsvColumns& columns) : table_(table), columns_(columns) {}

  std::int64_t first() const { return columns_.header ? 1 : 0; }
  std::int64_t rows() const { return table_.rows() - first(); }

  absl::Status Fault(const char* key, std::int64_t row, std::int64_t column, const std::string& what) const {
    return absl::InvalidArgumentError(fmt::format("{}: {}: row {} (line {}), {}: {}", key, table_.path(),
                                                  Grouped(row - first()), Grouped(table_.Line(row)),
                                                  ColumnName(table_, columns_, column), what));
  }
  absl::Status Missing(std::int64_t row, std::int64_t column) const {
    const std::string_view cell = table_.Cell(row, column);
    return Fault(
        "dataset", row, column,
        fmt::format("{}; a value is wanted: leave the row out of the file, or drop the column",
                    cell.empty() ? "the value is missing" : Quoted(cell) + " stands for a missing value"));
  }

 private:
  const CsvTable& table_;
  const CsvColumns& columns_;
};

// One that has been seen: as text, and as a number where it is one.
using Seen = std::map<std::string_view, std::optional<double>>;

absl::StatusOr<Seen> ValuesSeen(const CsvTable& table, const CsvColumns& columns, std::int64_t column) {
  const Cells cells(table, columns);
  Seen seen;
  for (std::int64_t row = cells.first(); row < table.rows(); ++row) {
    const std::string_view cell = table.Cell(row, column);
    if (IsMissing(cell)) return cells.Missing(row, column);
    if (!seen.contains(cell)) seen.emplace(cell, NumberIn(cell));
  }
  return seen;
}

// In order. Of a column of numbers, "1" and "1.0" are one value.
Categories InOrder(const Seen& seen) {
  Categories categories;
  const bool numbers = std::ranges::all_of(seen, [](const auto& value) { return value.second.has_value(); });
  if (!numbers) {
    for (const auto& [text, number] : seen) categories.names.emplace_back(text);
    return categories;
  }
  std::map<double, std::string_view> by_size;
  for (const auto& [text, number] : seen) by_size.emplace(*number, text);
  const bool integers = std::ranges::all_of(by_size, [](const auto& value) {
    return value.first == std::floor(value.first) && std::abs(value.first) < kExactIntegers;
  });
  for (const auto& [number, text] : by_size) {
    categories.names.emplace_back(text);
    if (integers) categories.integers.push_back(static_cast<std::int64_t>(number));
  }
  return categories;
}

// Where a cell's value stands among the categories.
class PlaceOf {
 public:
  explicit PlaceOf(const Categories& categories) {
    numbers_ =
        std::ranges::all_of(categories.names, [](const std::string& name) { return NumberIn(name).has_value(); });
    for (std::size_t i = 0; i < categories.names.size(); ++i) {
      if (numbers_) by_number_.emplace(*NumberIn(categories.names[i]), i);
      by_text_.emplace(categories.names[i], i);
    }
  }

  std::optional<std::size_t> operator()(std::string_view cell) const {
    if (const auto text = by_text_.find(cell); text != by_text_.end()) return text->second;
    if (!numbers_) return std::nullopt;
    const std::optional<double> number = NumberIn(cell);
    if (!number) return std::nullopt;
    const auto found = by_number_.find(*number);
    return found == by_number_.end() ? std::nullopt : std::optional(found->second);
  }

 private:
  bool numbers_ = false;
  std::map<std::string, std::size_t, std::less<>> by_text_;
  std::map<double, std::size_t> by_number_;
};

}  // namespace

absl::StatusOr<CsvTarget> TargetOf(const CsvTable& table, const CsvColumns& columns) {
  absl::StatusOr<Seen> seen = ValuesSeen(table, columns, columns.target);
  if (!seen.ok()) return seen.status();
  CsvTarget target{.classes = InOrder(*seen)};
  const std::string name = ColumnName(table, columns, columns.target);
  target.numbers = std::ranges::all_of(*seen, [](const auto& value) { return FloatIn(value.first).has_value(); });
  const std::size_t values = target.classes.names.size();
  const bool numeric = std::ranges::all_of(*seen, [](const auto& value) { return value.second.has_value(); });
  if (numeric && target.classes.integers.empty()) {
    target.no_classes = fmt::format(
        "dataset.target: {} of {} holds numbers that are no integers; a classification wants a column of classes, "
        "a "
        "regression {}",
        name, table.path(), target.numbers ? "takes them" : "numbers that fit a float");
  } else if (values > kMostClasses) {
    target.no_classes =
        fmt::format("dataset.target: {} of {} holds {} different values; at most {} classes are taken{}", name,
                    table.path(), Grouped(static_cast<std::int64_t>(values)), kMostClasses,
                    target.numbers ? "; a regression takes them" : "");
  }
  if (target.no_classes.empty()) return target;
  if (!target.numbers) return absl::InvalidArgumentError(target.no_classes);
  target.classes = {};
  return target;
}

absl::StatusOr<std::vector<Categories>> OneHotCategories(const CsvTable& table, const CsvColumns& columns) {
  std::vector<Categories> all;
  for (const CsvColumns::Feature& feature : columns.features) {
    Categories& of_column = all.emplace_back();
    if (!feature.one_hot) continue;
    absl::StatusOr<Seen> seen = ValuesSeen(table, columns, feature.column);
    if (!seen.ok()) return seen.status();
    of_column = InOrder(*seen);
  }
  return all;
}

std::int64_t WidthOf(const std::vector<Categories>& categories) {
  std::int64_t width = 0;
  for (const Categories& each : categories) {
    width += std::max<std::int64_t>(1, static_cast<std::int64_t>(each.names.size()));
  }
  return width;
}

absl::StatusOr<Part> RowsOf(const CsvTable& table, const CsvColumns& columns, CsvTarget& target,
                            const std::vector<Categories>& categories, std::uint64_t most_bytes) {
  const Cells cells(table, columns);
  const std::int64_t width = WidthOf(categories);
  const auto row_bytes = static_cast<std::uint64_t>(width) * sizeof(float);
  if (cells.rows() < 1) {
    return absl::InvalidArgumentError(fmt::format("dataset: {}: holds no rows behind its header", table.path()));
  }
  if (static_cast<std::uint64_t>(cells.rows()) > most_bytes / row_bytes) {
    return absl::ResourceExhaustedError(
        fmt::format("{}: {} rows become {} features each; no more than {} bytes are taken for a data set",
                    table.path(), Grouped(cells.rows()), Grouped(width), most_bytes));
  }
  std::vector<PlaceOf> places;
  places.reserve(categories.size());
  for (const Categories& each : categories) places.emplace_back(each);
  const PlaceOf label_of(target.classes);
  Part part;
  part.values.resize(static_cast<std::size_t>(cells.rows() * width));
  if (target.no_classes.empty()) part.labels.resize(static_cast<std::size_t>(cells.rows()));
  if (target.numbers) part.targets.resize(static_cast<std::size_t>(cells.rows()));
  float* dst = part.values.data();
  for (std::int64_t row = cells.first(); row < table.rows(); ++row) {
    for (std::size_t i = 0; i < columns.features.size(); ++i) {
      const auto [column, one_hot] = columns.features[i];
      const std::string_view cell = table.Cell(row, column);
      if (IsMissing(cell)) return cells.Missing(row, column);
      if (one_hot) {
        if (const auto place = places[i](cell)) dst[*place] = 1;
        dst += categories[i].names.size();
        continue;
      }
      const std::optional<float> number = FloatIn(cell);
      if (!number) {
        return cells.Fault("dataset", row, column,
                           fmt::format("{} is no number that fits a float; categorical: [{}] makes features of a "
                                       "column's texts, drop: [{}] leaves it out",
                                       Quoted(cell), column, column));
      }
      *dst++ = *number;
    }
    const auto place = static_cast<std::size_t>(row - cells.first());
    const std::string_view cell = table.Cell(row, columns.target);
    if (IsMissing(cell)) return cells.Missing(row, columns.target);
    const std::optional<float> number = target.numbers ? FloatIn(cell) : std::nullopt;
    if (number) part.targets[place] = *number;
    if (target.no_classes.empty()) {
      if (const std::optional<std::size_t> label = label_of(cell)) {
        part.labels[place] = static_cast<std::uint8_t>(*label);
        continue;
      }
      const absl::Status no_class =
          cells.Fault("dataset.target", row, columns.target,
                      fmt::format("{} is no class of the file to train on", Quoted(cell)));
      if (!number) return no_class;
      target.no_classes = std::string(no_class.message());
      part.labels.clear();
    } else if (!number) {
      return cells.Fault("dataset.target", row, columns.target,
                         fmt::format("{} is no number that fits a float", Quoted(cell)));
    }
  }
  return part;
}

}  // namespace hpsearch::data
