// The keys that strategies share: `trials`, how many points a study takes, of all; and of samplers `batch`, how
// many points are chosen together. Pure; no errors.
#pragma once

#include "server/model/key_rule.h"

namespace hpsearch::strategy {

model::KeyRule TrialsKey();
// Unset: a point is chosen when a slot is free for it, from what is known by then, so that the points depend on
// the number of workers. Set: points come `batch` at a time, each batch once all earlier ones have ended, and are
// the same for any number of workers.
model::KeyRule BatchKey();

}  // namespace hpsearch::strategy
