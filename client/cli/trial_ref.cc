#include "client/cli/trial_ref.h"

#include <fmt/format.h>

#include "absl/strings/numbers.h"

namespace hpsearch::cli {

absl::StatusOr<TrialRef> ParseTrialRef(const std::string& text) {
  const std::size_t slash = text.find('/');
  TrialRef ref{text.substr(0, slash), std::nullopt};
  const std::string id = slash == std::string::npos ? "" : text.substr(slash + 1);
  std::int64_t trial = 0;
  if (!ref.study.empty() && id == "best") return ref;
  if (ref.study.empty() || !absl::SimpleAtoi(id, &trial) || trial < 1) {
    return absl::InvalidArgumentError(
        fmt::format("'{}' names no trial; STUDY/TRIAL with a number from 1, or STUDY/best, is wanted", text));
  }
  ref.trial = trial;
  return ref;
}

}  // namespace hpsearch::cli
