// What holds of a trial's row and of a study's, whatever their history: the rules of the coordinator, said once
// more and apart from it, so that each finds the other's mistakes. Pure; any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "server/study/objective.h"
#include "server/study/records.h"

namespace hpsearch::store {

// What a trial's curve comes to.
struct CurveSummary {
  std::int64_t epochs = 0;  // rows
  std::int64_t last = 0;    // the highest number
  study::Score score;
};

// A line each; none: all is well.
std::vector<std::string> FaultsOf(const study::TrialRecord& trial, const CurveSummary& curve,
                                  const study::StudyRecord& study);
std::vector<std::string> FaultsOf(const study::StudyRecord& study);
// The rounds of a study, by number. `places`: how many each of its points has; nullopt: that is not known.
std::vector<std::string> FaultsOf(const study::StudyRecord& study, const std::vector<study::RoundRecord>& rounds,
                                  std::optional<std::size_t> places);

}  // namespace hpsearch::store
