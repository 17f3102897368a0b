#include "worker/data/csv_cell.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <system_error>

namespace hpsearch::data {
namespace {

constexpr std::array<std::string_view, 8> kMissing = {"", "?", "NA", "N/A", "NaN", "nan", "null", "NULL"};

template <typename T>
std::optional<T> Parsed(std::string_view cell) {
  // from_chars takes no plus, and would take "+-1" behind one that was cut off.
  if (cell.starts_with('+') && cell.size() > 1 && cell[1] != '-') cell.remove_prefix(1);
  T value = 0;
  const auto [end, error] = std::from_chars(cell.data(), cell.data() + cell.size(), value);
  if (end != cell.data() + cell.size() || error != std::errc() || !std::isfinite(value)) return std::nullopt;
  return value;
}

}  // namespace

bool IsMissing(std::string_view cell) { return std::ranges::find(kMissing, cell) != kMissing.end(); }

std::optional<double> NumberIn(std::string_view cell) { return Parsed<double>(cell); }

std::optional<float> FloatIn(std::string_view cell) {
  if (const std::optional<float> value = Parsed<float>(cell)) return value;
  // Below the least float from_chars reports a range; to the nearest float that is 0.
  const std::optional<double> wide = Parsed<double>(cell);
  if (!wide || !std::isfinite(static_cast<float>(*wide)) || std::abs(*wide) > 1) return std::nullopt;
  return static_cast<float>(*wide);
}

}  // namespace hpsearch::data
