#include "server/strategy/sobol_directions.h"

#include <bit>

namespace hpsearch::strategy {
namespace {

#include "server/strategy/sobol_table.inc"

static_assert(kPolynomials.size() == kSobolDimensions);

// The first dimension stands for van der Corput's sequence: no polynomial, one number.
std::size_t Degree(std::size_t dimension) {
  return dimension == 0 ? 1 : static_cast<std::size_t>(std::bit_width(kPolynomials[dimension])) - 1;
}

}  // namespace

SobolDirections SobolDirectionsOf(std::size_t dimension) {
  std::size_t first = 0;
  for (std::size_t i = 0; i < dimension; ++i) first += Degree(i);
  const std::size_t degree = Degree(dimension);

  SobolDirections directions = {};
  for (std::size_t i = 0; i < directions.size(); ++i) {
    if (dimension == 0) {
      directions[i] = std::uint64_t{1} << (63 - i);
    } else if (i < degree) {
      directions[i] = std::uint64_t{kInitial[first + i]} << (63 - i);
    } else {
      // The recurrence of a primitive polynomial: its inner coefficients say which earlier numbers take part.
      directions[i] = directions[i - degree] ^ (directions[i - degree] >> degree);
      for (std::size_t k = 1; k < degree; ++k) {
        if (((kPolynomials[dimension] >> (degree - k)) & 1) != 0) directions[i] ^= directions[i - k];
      }
    }
  }
  return directions;
}

std::uint64_t SobolPlace(const SobolDirections& directions, std::uint64_t index) {
  std::uint64_t place = 0;
  for (; index != 0; index &= index - 1) place ^= directions[static_cast<std::size_t>(std::countr_zero(index))];
  return place;
}

}  // namespace hpsearch::strategy
