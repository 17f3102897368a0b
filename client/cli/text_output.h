// How numbers, parameters, times and the best trial read to people, the same in all verbs. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "client/cli/follow.h"
#include "client/cli/target.h"
#include "server/store/study_reader.h"

namespace hpsearch::cli {

std::string NumberText(double value);                        // six significant digits
std::string NumberText(const std::optional<double>& value);  // "-" for none
std::string SecondsText(double seconds);                     // "8 s", "2 min 5 s", "3 h 20 min"
// A parameters column's JSON object as name and text, in its order.
std::vector<std::pair<std::string, std::string>> ParametersOf(const std::string& json);
// "12 COMPLETED, 3 QUEUED"
std::string CountsText(const store::StudyRow& study);
// "0.1424 ± 0.0009": a mean and its standard error.
std::string MeanText(double mean, const std::optional<double>& standard_error);
// "weight 2, priority 0": of a study among others.
std::string ShareText(double weight, std::int64_t priority);

// The best trial with its parameters, and where its curves are.
std::string BestText(const store::StudyRow& study, const std::optional<BestResult>& best, const Target& target,
                     bool colour);

}  // namespace hpsearch::cli
