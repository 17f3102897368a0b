// base^exponent by squaring: multiplications alone, so that the bits are the same whatever machine's libm. Pure;
// any thread; no errors.
#pragma once

#include <cstdint>

namespace hpsearch::optim {

// Requires: exponent from 0.
inline double IntegerPower(double base, std::int64_t exponent) {
  double power = 1;
  for (; exponent > 0; exponent /= 2, base *= base) {
    if (exponent % 2 == 1) power *= base;
  }
  return power;
}

}  // namespace hpsearch::optim
