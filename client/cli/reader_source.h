// Reads straight from a database file, whether or not a coordinator runs.
#pragma once

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "client/cli/study_source.h"

namespace hpsearch::cli {

absl::StatusOr<std::unique_ptr<StudySource>> OpenReaderSource(const std::string& path);

}  // namespace hpsearch::cli
