#include "server/search/place.h"

#include <cassert>
#include <limits>
#include <numeric>

namespace hpsearch::search {

Place Place::Absent() { return {std::numeric_limits<std::int64_t>::min(), 1, true}; }

std::strong_ordering Place::operator<=>(const Place& other) const {
  if (listed != other.listed) return listed <=> other.listed;
  __extension__ using Wide = __int128;  // products of two 64-bit numbers
  const Wide left = static_cast<Wide>(numerator) * other.denominator;
  const Wide right = static_cast<Wide>(other.numerator) * denominator;
  if (left < right) return std::strong_ordering::less;
  return left == right ? std::strong_ordering::equal : std::strong_ordering::greater;
}

Place LatticePlace(std::int64_t numerator, std::int64_t denominator) {
  assert(denominator > 0);
  const std::int64_t divisor = std::gcd(numerator, denominator);
  return {numerator / divisor, denominator / divisor, false};
}

Place ListedPlace(std::int64_t index) { return {index, 1, true}; }

}  // namespace hpsearch::search
