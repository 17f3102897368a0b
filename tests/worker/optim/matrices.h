// A matrix of weights with gradients, at random, and a view of it as the optimizer takes it.
#pragma once

#include <cstdint>
#include <optional>
#include <random>
#include <vector>

#include "worker/optim/variable.h"

namespace hpsearch::optim {

struct Matrix {
  std::int64_t inputs;
  std::int64_t units;
  bool units_innermost = true;
  std::vector<float> value = Random(1);
  std::vector<float> gradient = Random(2);

  std::vector<float> Random(unsigned seed) const {
    std::mt19937 engine(seed);
    std::normal_distribution<float> normal(0, 0.1f);
    std::vector<float> values(static_cast<std::size_t>(inputs * units));
    for (float& each : values) each = normal(engine);
    return values;
  }
  std::size_t At(std::int64_t input, std::int64_t unit) const {
    return static_cast<std::size_t>(units_innermost ? input * units + unit : unit * inputs + input);
  }
  Variable View(std::optional<float> max_norm = {}) {
    return {.value = value,
            .gradient = gradient,
            .inputs = inputs,
            .units = units,
            .units_innermost = units_innermost,
            .max_norm = max_norm};
  }
};

}  // namespace hpsearch::optim
