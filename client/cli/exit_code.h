// The contract's exit codes, and the one function that maps errors to them. Pure.
#pragma once

#include "absl/status/status.h"

namespace hpsearch::store {
struct StudyRow;
}

namespace hpsearch::cli {

enum ExitCode : int {
  kDone = 0,
  kFailed = 1,        // failed, or no such study
  kUsage = 2,         // usage, or an invalid file
  kFailedTrials = 3,  // the study ended with FAILED trials
  kNotPermitted = 4,
  kServerNotReached = 5,
  kInterrupted = 130,
};

ExitCode ExitCodeOf(const absl::Status& status);

// Of a study that has ended: its state, and whether trials of it FAILED.
ExitCode ExitCodeOf(const store::StudyRow& study);

// Says on stderr what went wrong, and returns its exit code. Requires: !status.ok().
ExitCode Fail(const absl::Status& status);
// The same of a verb that is the server itself: that an address or a file is taken is its own failure, not one to
// reach another.
ExitCode FailToServe(const absl::Status& status);

}  // namespace hpsearch::cli
