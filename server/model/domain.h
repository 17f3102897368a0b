// An interval of the reals. A value; pure; no errors.
#pragma once

#include <limits>
#include <string>

namespace hpsearch::model {

// The domain of a key, or the bounds within which its axis is refined.
struct Domain {
  double low = -std::numeric_limits<double>::infinity();
  double high = std::numeric_limits<double>::infinity();
  bool low_open = false;
  bool high_open = false;

  bool Contains(double value) const;
  // The part that both contain.
  Domain Intersect(const Domain& other) const;
  std::string ToString() const;  // "(0, inf)", "[0, 1)"
  bool operator==(const Domain&) const = default;
};

}  // namespace hpsearch::model
