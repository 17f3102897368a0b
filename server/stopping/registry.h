// All stopping rules by their name in the study file: the keys that each takes, and how it is made. A new one is a
// file of its own and one line in registry.cc. Pure; from any thread; no errors.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "server/model/document.h"
#include "server/model/fault.h"
#include "server/model/key_table.h"
#include "server/stopping/race.h"
#include "server/stopping/rule.h"

namespace hpsearch::stopping {

inline constexpr const char* kMaxEpochs = "max_epochs";  // of a race: what training.epochs says, too
inline constexpr double kMostEpochs = 1e9;
inline constexpr double kMostTrials = 1e12;

// What a rule's settings are held against.
struct Study {
  Goal goal;
  std::optional<std::int64_t> epochs;  // training.epochs; nullopt: they depend on a parameter
};

struct Kind {
  model::KeyTable keys;  // below `stopping[i].<name>`
  // What the keys' own rules do not see; paths at or below `path`. Null: nothing.
  void (*check)(const model::Node& settings, const Study& study, const std::string& path,
                model::Faults& faults) = nullptr;
  // Whether what it says depends on no more than curves, and so on no number of workers.
  bool same_for_any_workers = true;
  // One of the two, from the settings in their canonical form, every default written out. A rule for single
  // trials;
  std::unique_ptr<Rule> (*make)(const model::Node& settings) = nullptr;
  // or one by which the trials of a round race: `epochs` are the most that any can have.
  RacePlan (*race)(const model::Node& settings, std::int64_t epochs) = nullptr;
};

// In the order of the documentation.
const std::vector<Kind>& Kinds();
// nullptr: there is none of that name.
const Kind* Find(std::string_view name);

// Of canonical settings that have the key.
std::int64_t IntegerAt(const model::Node& settings, std::string_view key);
double NumberAt(const model::Node& settings, std::string_view key);

}  // namespace hpsearch::stopping
