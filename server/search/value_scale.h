// Where any number lies on a parameter's own scale, whether or not it is one of its values: of tables and trials
// that others have made. Values; pure; from any thread. No errors.
#pragma once

#include <optional>

#include "server/search/parameter.h"
#include "server/search/range.h"

namespace hpsearch::search {

struct ValueScale {
  Scale scale = Scale::kLinear;
  double low = 0, high = 1;  // the ends of the range, or of the grid

  // Evenly on the scale: 0 at low and 1 at high, and on beyond both. Not finite where the number does not lie on
  // the scale: a 0 that a logspace includes.
  double At(double number) const;
};

// nullopt: its values are no numbers, or there is only one of them.
std::optional<ValueScale> ScaleOf(const Parameter& parameter);

}  // namespace hpsearch::search
