// A matrix as the optimizer sees it: its values, the gradient of the step, and what the optimizer keeps beside
// them. Views alone: whoever made them owns the memory, keeps it where it is, and uses it on one thread at a time.
// No errors.
#pragma once

#include <cstdint>
#include <optional>
#include <span>

namespace hpsearch::optim {

struct Variable {
  std::span<float> value;  // inputs * units
  std::span<const float> gradient;
  std::span<float> velocity;  // empty without momentum
  std::int64_t inputs = 0;
  std::int64_t units = 0;
  bool units_innermost = true;    // value[input * units + unit], else value[unit * inputs + input]
  std::optional<float> max_norm;  // see max_norm.h
};

}  // namespace hpsearch::optim
