// One step of one variable: the rule's update and the max-norm in a single pass over the weights, while they are
// at hand. Pure but for what the views point at; any thread; no errors.
#pragma once

#include <array>
#include <span>

#include "worker/optim/rule.h"
#include "worker/optim/variable.h"

namespace hpsearch::optim {

// Requires: the variable's spans are inputs * units long, and so are as many of `slots` as the rule has; the rule
// has begun the step.
void ApplyUpdate(const Rule& rule, const Variable& variable,
                 const std::array<std::span<float>, kMostSlots>& slots);

}  // namespace hpsearch::optim
