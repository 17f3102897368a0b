#include "server/model/names.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <numeric>
#include <utility>

namespace hpsearch::model {
namespace {

constexpr std::size_t kLongestName = 64;  // longer ones are no slips, and the distance is quadratic

// Slips from one to the other: insertions, deletions, replacements, and neighbours swapped (Damerau 1964).
std::size_t Distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> two_above(b.size() + 1), above(b.size() + 1), row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::swap(two_above, above);
    std::swap(above, row);
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t replaced = above[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
      row[j] = std::min({replaced, above[j] + 1, row[j - 1] + 1});
      const bool swapped = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
      if (swapped) row[j] = std::min(row[j], two_above[j - 2] + 1);
    }
  }
  return row.back();
}

// Names come from outside and end in messages on terminals.
std::string Shown(std::string_view name) {
  std::string shown(name.substr(0, kLongestName));
  for (char& c : shown) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) c = '?';
  }
  return shown.size() < name.size() ? shown + "..." : shown;
}

std::string ThereAre(const std::vector<std::string>& names) {
  return names.empty() ? ""
                       : fmt::format("; there {}: {}", names.size() == 1 ? "is" : "are", fmt::join(names, ", "));
}

}  // namespace

std::optional<std::string> Closest(std::string_view name, const std::vector<std::string>& names) {
  if (name.size() > kLongestName) return std::nullopt;
  const std::string* closest = nullptr;
  std::size_t least = std::max<std::size_t>(1, name.size() / 3) + 1;
  for (const std::string& candidate : names) {
    const std::size_t distance = Distance(name, candidate);
    if (distance < least) {
      least = distance;
      closest = &candidate;
    }
  }
  if (closest == nullptr) return std::nullopt;
  return *closest;
}

std::string UnknownName(std::string_view what, std::string_view name, const std::vector<std::string>& names) {
  std::string text = fmt::format("unknown {} '{}'{}", what, Shown(name), ThereAre(names));
  if (const auto closest = Closest(name, names)) text += fmt::format("; did you mean '{}'?", *closest);
  return text;
}

std::string NotSupportedYet(std::string_view what, std::string_view name, const std::vector<std::string>& names) {
  return fmt::format("{} '{}' is not supported yet by this version{}", what, Shown(name), ThereAre(names));
}

}  // namespace hpsearch::model
