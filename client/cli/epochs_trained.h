// What a study's trials have cost, in epochs. Pure; from any thread; no errors.
#pragma once

#include <cstdint>
#include <vector>

#include "server/store/study_reader.h"

namespace hpsearch::cli {

// Of all trials of a study and its rounds: what was taken over cost nothing, and a trial that went on from another
// one's curve only what is behind that.
std::int64_t EpochsTrained(const std::vector<store::TrialRow>& trials, const std::vector<store::RoundRow>& rounds);

}  // namespace hpsearch::cli
