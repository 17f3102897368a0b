// The names of the `dataset` section's keys. Made at the first call, kept for the process's life, never changed;
// from any thread; no errors.
#pragma once

#include <string>
#include <vector>

#include "server/model/key_table.h"

namespace hpsearch::model {

const KeyTable& DatasetRules();

// In the order of Normalize.
const std::vector<std::string>& NormalizeNames();

}  // namespace hpsearch::model
