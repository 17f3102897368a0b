// Gaussian process search: a smooth function over the space is learnt from the trials, and the next point is where
// it promises the greatest improvement on the best (Jones, Schonlau and Welch, "Efficient global optimization of
// expensive black-box functions", 1998; its parts name theirs: gp_kernel.h, gp_fit.h, gp_posterior.h,
// expected_improvement.h).
//
// Assumes that points near each other give like objectives, and that trials are dear: a suggestion costs the
// square of the trials that it learns from. At its best for some ten numeric parameters and up to a thousand
// trials. From the 1,500th on it learns from the better half of those and an even choice of the others.
//
// The first trials are Sobol's points. Diverged trials count as the worst that was measured. A trial under way is
// taken to come out as expected ("kriging believer"): that moves later suggestions away from it without a word on
// how good it is, which a constant would say. Hyperparameters are fitted anew each time the finished trials have
// grown by a tenth; between, the Cholesky factor grows by a row a trial.
#pragma once

#include "server/strategy/registry.h"

namespace hpsearch::strategy {

Kind GpKind();

}  // namespace hpsearch::strategy
