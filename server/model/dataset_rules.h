// The names of the `dataset` section's keys.
#pragma once

#include "server/model/key_table.h"

namespace hpsearch::model {

const KeyTable& DatasetRules();

}  // namespace hpsearch::model
