#include "server/search/box.h"

#include <algorithm>
#include <cassert>

namespace hpsearch::search {

std::optional<std::int64_t> CheckedProduct(std::int64_t a, std::int64_t b) {
  std::int64_t product = 0;
  if (__builtin_mul_overflow(a, b, &product)) return std::nullopt;
  return product;
}

std::optional<std::size_t> IndexIn(const std::vector<Place>& axis, const Place& place) {
  const auto found = std::lower_bound(axis.begin(), axis.end(), place);
  if (found == axis.end() || *found != place) return std::nullopt;
  return static_cast<std::size_t>(found - axis.begin());
}

std::optional<std::int64_t> Box::Size() const {
  std::optional<std::int64_t> size = 1;
  for (const auto& axis : axes) {
    size = CheckedProduct(*size, static_cast<std::int64_t>(axis.size()));
    if (!size) return std::nullopt;
  }
  return size;
}

Point Box::At(std::int64_t index) const {
  Point point(axes.size());
  for (std::size_t a = axes.size(); a-- > 0;) {
    const auto places = static_cast<std::int64_t>(axes[a].size());
    point[a] = axes[a][static_cast<std::size_t>(index % places)];
    index /= places;
  }
  assert(index == 0);
  return point;
}

std::optional<std::int64_t> Box::IndexOf(const Point& point) const {
  if (point.size() != axes.size()) return std::nullopt;
  std::int64_t index = 0;
  for (std::size_t a = 0; a < axes.size(); ++a) {
    const std::optional<std::size_t> digit = IndexIn(axes[a], point[a]);
    if (!digit) return std::nullopt;
    index = index * static_cast<std::int64_t>(axes[a].size()) + static_cast<std::int64_t>(*digit);
  }
  return index;
}

}  // namespace hpsearch::search
