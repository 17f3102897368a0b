// A study trained to its end by workers in this process, on the service that this process holds: what `run` does,
// and `extend` and `refine` of a database that no server has.
//
// Threads: the caller's; the workers have their own. Errors are printed.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>

#include "client/cli/interrupts.h"
#include "client/cli/target.h"
#include "server/store/study_reader.h"
#include "server/study/spec.h"

namespace hpsearch::data {
class Catalog;
}

namespace hpsearch::cli {

struct Here {
  Connection& connection;  // to an embedded server
  Target target;           // its database
  std::shared_ptr<data::Catalog> catalog;
  std::optional<std::int64_t> workers;     // unset: as many as keep the cores busy
  StopOnSignal& signals;                   // made before anything that has threads
  bool json = false;                       // the result
  const char* again = "the same command";  // what goes on after an interruption
};

// Follows it, prints its result. The exit code.
int TrainHere(const Here& here, const store::StudyRow& study, const study::StudySpec& spec);

}  // namespace hpsearch::cli
