// Resource names, read and written here alone: studies/{study}, studies/{study}/trials/{trial}, where {trial} is a
// number from 1 or "best". Pure; any thread. Errors: INVALID_ARGUMENT, with what would be right.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace hpsearch::rpc {

struct TrialId {
  std::string study;
  std::optional<std::int64_t> trial;  // nullopt: the best
};

// The {study} of studies/{study}.
absl::StatusOr<std::string> ParseStudyName(std::string_view name);
absl::StatusOr<TrialId> ParseTrialName(std::string_view name);

std::string StudyName(std::string_view study);
std::string TrialName(std::string_view study, std::int64_t trial);

}  // namespace hpsearch::rpc
