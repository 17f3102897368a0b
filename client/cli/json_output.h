// The contract's JSON shapes: keys and their order. Numbers read back to the same bits; what is not finite is
// null. Pure.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

#include "client/cli/earlier_studies.h"
#include "client/cli/follow.h"
#include "server/store/study_reader.h"
#include "server/study/spec.h"

namespace hpsearch::cli {

using Json = nlohmann::ordered_json;

// `run`, `best`, `wait`.
Json StudyJson(const store::StudyRow& study, const std::optional<BestResult>& best);
// `show`: the same, and all else that is known of it.
Json StudyDetailsJson(const store::StudyRow& study, const std::optional<BestResult>& best,
                      const std::vector<store::RoundRow>& rounds);
Json TrialJson(const store::TrialRow& trial);
Json EpochJson(const store::EpochRow& epoch);
Json WorkerJson(const store::WorkerRow& worker);

// What a study would run.
struct Plan {
  std::int64_t trials = 0;                 // of round 1
  std::int64_t max_trials = 0;             // of all rounds, as study::MostTrials has it
  std::int64_t epochs = 0;                 // of a trial, the most where a parameter gives them
  std::vector<EarlierCount> earlier = {};  // that it learns from
};
Json CheckJson(const study::StudySpec& spec, const Plan& plan);

// One line on stdout.
void PrintJson(const Json& json);
// An array on stdout, an element a line.
void PrintJsonArray(const std::vector<Json>& elements);

}  // namespace hpsearch::cli
