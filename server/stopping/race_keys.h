// The keys of the rules that let trials race, and what they are held against. Pure; no errors but faults.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "server/model/document.h"
#include "server/model/fault.h"
#include "server/stopping/registry.h"

namespace hpsearch::stopping {

inline constexpr const char* kReductionFactor = "reduction_factor";

// min_epochs: 1, of the first rung; max_epochs, as training.epochs has them; reduction_factor: 3.
std::vector<model::KeyRule> RaceKeys();
void CheckRace(const model::Node& settings, const Study& study, const std::string& path, model::Faults& faults);
// `epochs`: that a trial can have, the most of all.
std::vector<std::int64_t> RungsOf(const model::Node& settings, std::int64_t epochs);

}  // namespace hpsearch::stopping
