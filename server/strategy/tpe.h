// The tree-structured Parzen estimator (Bergstra et al., "Algorithms for hyper-parameter optimization", 2011),
// over all dimensions together as BOHB has it (Falkner et al., 2018): of the trials so far the best part is one
// density, the others are another, and of some points drawn from the first the next trial is the one where it most
// exceeds the second. Good trials weigh by their rank, as in CMA-ES (Hansen, "The CMA evolution strategy: a
// tutorial", 2016); of those with the same objective, to the bit, one alone counts among them.
//
// Running trials, and those chosen earlier in the same batch, count among the others, so that workers keep apart;
// diverged ones too, behind all that were measured. The first `startup` points are Sobol's. A point that was tried
// before is taken again only where some dozens of draws find no other.
//
// Assumes that good points are near each other, and that objectives can be ranked: their scale means nothing to
// it. A number's point costs time in proportion to the trials so far.
#pragma once

#include "server/strategy/registry.h"

namespace hpsearch::strategy {

Kind TpeKind();

}  // namespace hpsearch::strategy
