// A study run against a table of recorded results: by the coordinator itself, so that strategy, refinement, reuse
// and stopping rules are those of a real one, with one worker of one slot, whose training is a look into the
// table.
//
// Pure but for the table, which outlives the call. One thread a call. Errors: INVALID_ARGUMENT, the table's curves
// are shorter than the study's trainings; FAILED_PRECONDITION, why the study came to no end.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "absl/status/statusor.h"
#include "client/simulate/results_table.h"
#include "server/study/spec.h"

namespace hpsearch::simulate {

// What a study had found once it had spent so many epochs: a step each time that a trial came to its end, or to
// where it waits.
struct Step {
  std::int64_t epochs_spent = 0;
  double best = 0;  // the study's objective; NaN: no trial has a result
};

struct Simulated {
  std::vector<Step> steps;  // by epochs spent
  std::int64_t trials = 0;  // that began, or were taken over
};

// `run`: which training of a point the table answers with; of points that are trained n times, which n.
absl::StatusOr<Simulated> Simulate(std::shared_ptr<const study::StudySpec> spec, const ResultsTable& table,
                                   std::int64_t run);

// The same study with another seed.
std::shared_ptr<const study::StudySpec> WithSeed(const study::StudySpec& spec, std::int64_t seed);

}  // namespace hpsearch::simulate
