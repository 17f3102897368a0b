// numpy's linspace, logspace and geomspace, element by element and to the bit (numpy 1.24, its AVX512 code off):
// linear parts exactly; powers by libm's pow, as numpy's. No array is made; value `index` is computed alone.
// Pure; from any thread; no errors.
#pragma once

#include <cstdint>

namespace hpsearch::search {

// numpy.geomspace(start, stop, num, endpoint)[index]. Requires: num >= 1, 0 <= index < num; start and stop nonzero
// and of one sign.
double GeomspaceAt(double start, double stop, std::int64_t num, bool endpoint, std::int64_t index);

// The arguments of the linspace that underlies each of the three: the scale on which the points are even. A power
// of its elements is logspace.
struct LinearScale {
  double start = 0;
  double stop = 0;
  std::int64_t num = 1;
  bool endpoint = true;
};

// The scale of geomspace: base-10 logarithms of magnitudes.
LinearScale GeometricScale(double start, double stop, std::int64_t num, bool endpoint);

// start + step * numerator / denominator for any rational index, beyond the ends too; where the index is a whole
// number of the scale's own (0 .. num - 1), it is numpy.linspace(start, stop, num, endpoint)[numerator]. Requires:
// denominator >= 1, num >= 1.
double CoordinateAt(const LinearScale& scale, std::int64_t numerator, std::int64_t denominator);

}  // namespace hpsearch::search
