// A study's trials as server/importance takes them: the parameters that differ among them, each on its own scale.
//
// Pure. Errors: FAILED_PRECONDITION: fewer than two trials have a result, or no parameter differs among them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "server/importance/effect.h"
#include "server/search/search_space.h"
#include "server/store/study_reader.h"

namespace hpsearch::cli {

struct ImportanceSample {
  std::vector<std::string> parameters;  // the name of each axis
  importance::Sample sample;
};

// Of those trials that have ended with an objective; of one that was taken over from another of them only the
// first counts, but within a `round`. Numbers lie on the scale that the space has for them, listed ones one step
// apart; texts and booleans are without an order. Where a trial does not have a parameter, a number counts as the
// middle of its axis, so that the axis explains nothing there, and anything else as a value of its own.
absl::StatusOr<ImportanceSample> SampleOf(const std::vector<store::TrialRow>& trials,
                                          const search::SearchSpace& space, std::optional<std::int64_t> round);

}  // namespace hpsearch::cli
