// A matrix as the optimizer sees it: its values, the gradient of the step, and what is asked of its update. Views
// alone: whoever made them owns the memory, keeps it where it is, and uses it on one thread at a time. No errors.
#pragma once

#include <cstdint>
#include <optional>
#include <span>

namespace hpsearch::optim {

struct Variable {
  std::span<float> value;     // inputs * units
  std::span<float> gradient;  // as long; penalties are added to it and bounds put on it in place
  std::int64_t inputs = 0;
  std::int64_t units = 0;
  bool units_innermost = true;    // value[input * units + unit], else value[unit * inputs + input]
  std::optional<float> max_norm;  // see max_norm.h
  double l1 = 0, l2 = 0;          // see gradient.h
  double rate_factor = 1;         // times the learning rate; above 0
};

}  // namespace hpsearch::optim
