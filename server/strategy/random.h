// Independent uniform points (Bergstra and Bengio, "Random search for hyper-parameter optimization", 2012).
// Assumes nothing; the yardstick of all others. A number's point is drawn from a stream of its own.
#pragma once

#include "server/strategy/registry.h"

namespace hpsearch::strategy {

Kind RandomKind();

}  // namespace hpsearch::strategy
