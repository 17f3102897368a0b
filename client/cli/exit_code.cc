#include "client/cli/exit_code.h"

#include <fmt/format.h>

#include <cstdio>
#include <string_view>

#include "client/cli/terminal.h"
#include "server/store/study_reader.h"

namespace hpsearch::cli {

ExitCode ExitCodeOf(const absl::Status& status) {
  switch (status.code()) {
    case absl::StatusCode::kOk:
      return kDone;
    case absl::StatusCode::kInvalidArgument:
    case absl::StatusCode::kAlreadyExists:
      return kUsage;
    case absl::StatusCode::kPermissionDenied:
    case absl::StatusCode::kUnauthenticated:
      return kNotPermitted;
    case absl::StatusCode::kUnavailable:
      return kServerNotReached;
    case absl::StatusCode::kCancelled:
      return kInterrupted;
    default:
      return kFailed;
  }
}

ExitCode ExitCodeOf(const store::StudyRow& study) {
  if (study.state == "FAILED" || study.state == "CANCELLED") return kFailed;
  for (const auto& [state, trials] : study.trial_counts) {
    if (state == "FAILED" && trials > 0) return kFailedTrials;
  }
  return kDone;
}

ExitCode Fail(const absl::Status& status) {
  const std::string_view message(status.message().data(), status.message().size());
  fmt::print(stderr, "hpsearch: {}\n", Printable(message));
  return ExitCodeOf(status);
}

ExitCode FailToServe(const absl::Status& status) {
  const ExitCode code = Fail(status);
  return code == kServerNotReached ? kFailed : code;
}

}  // namespace hpsearch::cli
