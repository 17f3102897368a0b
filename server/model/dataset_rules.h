// The names of the `dataset` section's keys. Made at the first call, kept for the process's life, never changed;
// from any thread; no errors.
#pragma once

#include "server/model/key_table.h"

namespace hpsearch::model {

const KeyTable& DatasetRules();

}  // namespace hpsearch::model
