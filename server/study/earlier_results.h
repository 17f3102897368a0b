// What a study with `search.warm_start` begins with: the results of earlier studies, which its strategy sees in
// front of its own trials, as if those had been its first. Read once, when the study is created, and stored with
// it, so that nothing that becomes of the earlier study later on (extended, deleted) changes what is chosen.
//
// Of each study the best results, at most kMostEarlier of all studies together, in the order of the studies and of
// their trials' numbers. A result is a trial's; where points are trained several times it is a point's: the mean
// of its replicates, under the number of the trial that stands for it (replicates.h). What was taken over within
// the earlier study is no result of its own. A result is left out that has no point in this space: a value that is
// in no range and on no grid of it, a parameter that is there in the one and not in the other (but for one that
// has a single value in the earlier study).
//
// Threads: the coordinator's strand, or any with what is handed in. Errors are those of a request.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "server/strategy/strategy.h"
#include "server/study/records.h"
#include "server/study/spec.h"
#include "server/study/store.h"

namespace hpsearch::study {

inline constexpr std::int64_t kMostEarlier = 1000;
// Of each of its earlier studies.
std::int64_t MostEarlierOfEach(const StudySpec& spec);

// An earlier study, however its row was read.
struct EarlierStudy {
  std::string name, spec, metric, direction;
  StudyState state = StudyState::kRunning;
};
// A result of it.
struct EarlierBest {
  std::int64_t trial = 1;
  std::string parameters;  // as the trial's row has them
  double objective = 0;
};
// Its best results, the best first, ties to the lower number, at most `most`: of trials as Store::BestTrials has
// them, with several replicates of points as Store::BestPoints has them.
using ReadBest =
    std::function<absl::StatusOr<std::vector<EarlierBest>>(std::int64_t replicates, std::int64_t most)>;

// FAILED_PRECONDITION: it has not ended, has another objective or direction, cannot be read, or none of its
// results has a point in this space; then `best` may not have been asked. Its errors are passed on.
absl::StatusOr<std::vector<EarlierResult>> ResultsFor(const StudySpec& spec, const EarlierStudy& earlier,
                                                      const ReadBest& read_best);
// Of all of the study's `search.warm_start`; as it is stored. Also NOT_FOUND: there is no such study.
absl::StatusOr<std::vector<EarlierResult>> ReadEarlierResults(const StudySpec& spec, Store& store);
// As the strategy sees them, numbered from 1. INTERNAL: they are stored at no points of the space, or not there.
absl::StatusOr<std::vector<strategy::Observation>> ObservationsOf(const StudySpec& spec,
                                                                  const std::vector<EarlierResult>& results);

}  // namespace hpsearch::study
