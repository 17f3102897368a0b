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

// nullopt while it has none.
absl::StatusOr<std::optional<store::TrialRow>> BestOf(StudySource& source, const store::StudyRow& study);

// The rounds that the study may open; 1 where its specification cannot be read.
std::int64_t TotalRounds(const store::StudyRow& study);

}  // namespace hpsearch::cli
