// Verbs that make a study go on that has ended: through a server, whose workers do the rest, or from a database,
// where this process trains.
//
// Threads: the caller's; the workers have their own. Errors are printed.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "client/cli/app.h"
#include "client/cli/study_client.h"
#include "client/cli/target.h"
#include "server/store/study_reader.h"

namespace hpsearch::cli {

struct GoOnFlags {
  TargetFlags target;
  std::optional<std::int64_t> workers;
  bool json = false;
};

void AddGoOnFlags(CLI::App& verb, GoOnFlags& flags);

// `change` makes it go on, once this process is known to be able to train it, where it is to. The exit code.
int GoOn(const GoOnFlags& flags, const std::string& study,
         const std::function<absl::StatusOr<store::StudyRow>(StudyClient&)>& change);

}  // namespace hpsearch::cli
