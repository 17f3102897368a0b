// The points of a study whose points are trained several times, as rows of trials. Pure; no errors.
#pragma once

#include <cstdint>
#include <vector>

#include "server/store/study_reader.h"

namespace hpsearch::cli {

// Of each point whose trials have all ended and that has a mean: the trial that stands for it, with the mean as
// its objective; taken over where all of them were. By number.
std::vector<store::TrialRow> PointRows(const std::vector<store::TrialRow>& trials, std::int64_t replicates);

}  // namespace hpsearch::cli
