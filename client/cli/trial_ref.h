// STUDY, STUDY/TRIAL and STUDY/best, as the command line spells them. Parsed in this one place. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "absl/status/statusor.h"

namespace hpsearch::cli {

struct TrialRef {
  std::string study;
  std::optional<std::int64_t> trial;  // nullopt: the best one
};

// INVALID_ARGUMENT: neither STUDY/TRIAL nor STUDY/best.
absl::StatusOr<TrialRef> ParseTrialRef(const std::string& text);

}  // namespace hpsearch::cli
