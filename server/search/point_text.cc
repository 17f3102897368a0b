#include "server/search/point_text.h"

#include <fmt/format.h>

#include <charconv>

#include "absl/strings/str_split.h"

namespace hpsearch::search {
namespace {

std::optional<std::int64_t> Integer(absl::string_view text) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::string ToText(const Place& place) {
  if (place.absent()) return "-";
  if (place.listed) return fmt::format("#{}", place.numerator);
  if (place.denominator == 1) return fmt::format("{}", place.numerator);
  return fmt::format("{}/{}", place.numerator, place.denominator);
}

std::optional<Place> PlaceFrom(absl::string_view text) {
  if (text == "-") return Place::Absent();
  if (text.substr(0, 1) == "#") {
    const std::optional<std::int64_t> index = Integer(text.substr(1));
    return index ? std::optional(ListedPlace(*index)) : std::nullopt;
  }
  const std::size_t slash = text.find('/');
  const std::optional<std::int64_t> numerator = Integer(text.substr(0, slash));
  const std::optional<std::int64_t> denominator =
      slash == absl::string_view::npos ? std::optional<std::int64_t>(1) : Integer(text.substr(slash + 1));
  if (!numerator || !denominator || *denominator < 1) return std::nullopt;
  const Place place = LatticePlace(*numerator, *denominator);
  // Any other spelling of it is none of ours.
  return place.denominator == *denominator ? std::optional(place) : std::nullopt;
}

}  // namespace

std::string ToText(const Point& point) {
  std::string text;
  for (const Place& place : point) {
    if (!text.empty()) text += ' ';
    text += ToText(place);
  }
  return text;
}

std::optional<Point> PointFrom(std::string_view text) {
  Point point;
  if (text.empty()) return point;
  for (const absl::string_view part : absl::StrSplit(absl::string_view(text.data(), text.size()), ' ')) {
    const std::optional<Place> place = PlaceFrom(part);
    if (!place) return std::nullopt;
    point.push_back(*place);
  }
  return point;
}

}  // namespace hpsearch::search
