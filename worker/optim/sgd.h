// Stochastic gradient descent as Keras writes it: v = momentum * v - rate * g; w += v, or with Nesterov's momentum
// w += momentum * v - rate * g (Sutskever et al., 2013); without momentum w -= rate * g. A max-norm is applied in
// the same pass, while the weights are at hand.
//
// Pure but for what the variable's views point at; any thread. Requires: spans of inputs * units floats, the
// velocity empty or as long.
#pragma once

#include "worker/optim/variable.h"

namespace hpsearch::optim {

struct SgdStep {
  float rate = 0;
  float momentum = 0;
  bool nesterov = false;
};

void ApplySgd(const SgdStep& step, const Variable& variable);

}  // namespace hpsearch::optim
