// The names of a study document's own keys, of its objective and its limits, with their defaults. (The sections'
// names are in server/model, the search's in server/search.) Made at the first call, kept for the process's life,
// never changed; from any thread; no errors.
#pragma once

#include "server/model/key_table.h"

namespace hpsearch::study {

// The top level. What has rules of its own stands in it as kAny.
const model::KeyTable& DocumentRules();
const model::KeyTable& ObjectiveRules();
const model::KeyTable& LimitsRules();
const model::KeyTable& CheckpointsRules();

}  // namespace hpsearch::study
