// numpy's linspace, logspace and geomspace, element by element and to the bit (numpy 1.24, its AVX512 code off):
// linear parts exactly; powers by libm's pow, as numpy's. No array is made; value `index` is computed alone.
#pragma once

#include <cstdint>

namespace hpsearch::search {

// Require: num >= 1, 0 <= index < num.
// numpy.linspace(start, stop, num, endpoint)[index]
double LinspaceAt(double start, double stop, std::int64_t num, bool endpoint, std::int64_t index);
// numpy.logspace(start, stop, num, endpoint, base)[index]
double LogspaceAt(double start, double stop, std::int64_t num, bool endpoint, double base, std::int64_t index);
// numpy.geomspace(start, stop, num, endpoint)[index]; start and stop nonzero and of one sign
double GeomspaceAt(double start, double stop, std::int64_t num, bool endpoint, std::int64_t index);

}  // namespace hpsearch::search
