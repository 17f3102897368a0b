// Following a study to its end, the same for run, submit, watch and wait.
//
// Threads: one. Errors: the source's; CANCELLED where it was stopped.
#pragma once

#include <optional>
#include <stop_token>
#include <string>

#include "absl/status/statusor.h"
#include "client/cli/study_source.h"

namespace hpsearch::cli {

enum class Show { kNothing, kProgress, kJsonLines };

// Returns the study as it ended.
absl::StatusOr<store::StudyRow> Follow(StudySource& source, const std::string& study, std::stop_token stop,
                                       Show show);

// A study's best trial, and its point where that is trained several times.
struct BestResult {
  store::TrialRow trial;  // with its point's mean as its objective
  std::optional<store::PointRow> point;
};
// nullopt while it has none. Which it is, and its point, are the row's.
absl::StatusOr<std::optional<BestResult>> BestOf(StudySource& source, const store::StudyRow& study);

// The rounds that the study may open, or has where some were asked for by hand; of a specification that cannot be
// read, 1.
std::int64_t TotalRounds(const store::StudyRow& study);

}  // namespace hpsearch::cli
