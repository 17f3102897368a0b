// Spaces for tests, written as a study file writes them (in JSON's spelling).
#pragma once

#include <gtest/gtest.h>

#include <map>
#include <string>
#include <vector>

#include "server/model/fault.h"
#include "server/model/json.h"
#include "server/model/key_rule.h"
#include "server/search/search_space.h"

namespace hpsearch::search {

inline model::Node Json(const std::string& text) {
  absl::StatusOr<model::Node> node = model::FromJson(text);
  EXPECT_TRUE(node.ok()) << node.status() << "\n" << text;
  return *std::move(node);
}

// A key of the study that names `parameter`.
inline model::Usage NamedAt(const std::string& parameter, model::KeyRule rule = {}) {
  return {parameter, "training.optimizer.sgd." + parameter, std::move(rule)};
}

inline const model::KeyRule kAnyNumber = {.key = "number"};
inline const model::KeyRule kInteger = {.key = "units", .type = model::KeyType::kInteger, .domain = {.low = 1}};
inline const model::KeyRule kLearningRate = {.key = "learning_rate", .domain = {.low = 0, .low_open = true}};
inline const model::KeyRule kDropout = {.key = "rate",
                                        .domain = {.low = 0, .high = 1, .high_open = true},
                                        .refinement_bounds = {.low = 0, .high = 0.9}};

// The space of `parameters`, each named at a key of the given rule, by default any number.
inline SearchSpace SpaceOf(const std::string& parameters,
                           const std::map<std::string, model::KeyRule>& rules = {}) {
  const model::Node node = Json(parameters);
  std::vector<model::Usage> usages;
  for (const auto& entry : node.mapping()) {
    const auto rule = rules.find(entry.key);
    usages.push_back(NamedAt(entry.key, rule == rules.end() ? kAnyNumber : rule->second));
  }
  model::Faults faults;
  SearchSpace space = SearchSpace::Read(node, usages, faults);
  EXPECT_TRUE(faults.empty()) << model::ToStatus(faults);
  return space;
}

}  // namespace hpsearch::search
