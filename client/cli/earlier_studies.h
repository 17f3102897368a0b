// What a study with `search.warm_start` would learn from, where its database is at hand: for `check`.
//
// One thread. No errors: what keeps a study from being learnt from is said of it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "client/cli/target.h"
#include "server/study/spec.h"

namespace hpsearch::cli {

struct EarlierCount {
  std::string study;
  std::optional<std::int64_t> results;  // unset: not known
  std::string reason = {};              // why not
};

// Of each study of its `search.warm_start`, as a creation now would read it. Where neither a flag nor the
// environment names a database or server and ./hpsearch.db is not there, nothing is known.
std::vector<EarlierCount> CountEarlier(const study::StudySpec& spec, const TargetFlags& flags);

}  // namespace hpsearch::cli
