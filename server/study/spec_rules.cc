#include "server/study/spec_rules.h"

#include <string>
#include <vector>

#include "server/model/metric.h"
#include "server/study/spec.h"

namespace hpsearch::study {
namespace {

using model::KeyRule;
using model::KeyTable;
using model::KeyType;

constexpr double kMostCount = 1e12;
constexpr double kMostPriority = 1e6;

// Those that every training yields, then those that training.metrics adds.
std::vector<std::string> ObjectiveNames() {
  std::vector<std::string> names = {"train_loss", "train_error", "validation_loss", "validation_error"};
  for (const model::MetricPart part : {model::MetricPart::kTrain, model::MetricPart::kValidation}) {
    for (int i = 0; i < model::kMetrics; ++i) {
      names.push_back(model::MetricName(part, static_cast<model::Metric>(i)));
    }
  }
  return names;
}

KeyRule Section(const char* key) { return {.key = key, .type = KeyType::kAny}; }

}  // namespace

const KeyTable& DocumentRules() {
  static const KeyTable rules = {
      .keys = {{.key = "study", .type = KeyType::kText, .required = true},
               Section("dataset"),
               {.key = "seed",
                .type = KeyType::kInteger,
                .default_value = 0,
                .domain = {.low = 0, .high = model::kInt64End}},
               Section("objective"),
               Section("model"),
               Section("training"),
               Section("parameters"),
               Section("search"),
               Section("limits"),
               Section("stopping"),
               Section("checkpoints"),
               {.key = "weight", .implied = 1.0, .domain = {.low = 0.001, .high = 1000}},
               {.key = "priority",
                .type = KeyType::kInteger,
                .implied = 0,
                .domain = {.low = -kMostPriority, .high = kMostPriority}},
               {.key = "reuse", .type = KeyType::kBoolean, .implied = true}},
  };
  return rules;
}

const KeyTable& ObjectiveRules() {
  static const Objective defaults;
  static const KeyTable rules = {
      .name = "objective",
      .keys = {{.key = "metric",
                .type = KeyType::kText,
                .default_value = defaults.metric,
                .choices = ObjectiveNames()},
               {.key = "direction",
                .type = KeyType::kText,
                .default_value = "minimize",
                .choices = {"minimize", "maximize"}},
               {.key = "at", .type = KeyType::kText, .default_value = "best", .choices = {"best", "last"}}},
      .shorthand = "metric",
  };
  return rules;
}

const KeyTable& LimitsRules() {
  static const Limits defaults;
  static const KeyTable rules = {
      .name = "limits",
      .keys = {{.key = "max_trials",
                .type = KeyType::kInteger,
                .default_value = defaults.max_trials,
                .domain = {.low = 1, .high = kMostCount}},
               {.key = "max_failed_trials",
                .type = KeyType::kInteger,
                .default_value = defaults.max_failed_trials,
                .domain = {.low = 0, .high = kMostCount}},
               {.key = "max_attempts",
                .type = KeyType::kInteger,
                .default_value = defaults.max_attempts,
                .domain = {.low = 1, .high = 1e6}},
               {.key = "max_parallel_trials", .type = KeyType::kInteger, .domain = {.low = 1, .high = 1e6}},
               {.key = "max_seconds", .domain = {.low = 0, .low_open = true}},
               {.key = "lease_seconds",
                .default_value = defaults.lease_seconds,
                .domain = {.low = 1, .high = 3600}}},
  };
  return rules;
}

const KeyTable& CheckpointsRules() {
  static const KeyTable rules = {
      .name = "checkpoints",
      .keys = {{.key = "keep",
                .type = KeyType::kInteger,
                .default_value = Checkpoints().keep,
                .domain = {.low = 0, .high = kMostCount}}},
      .shorthand = "keep",
  };
  return rules;
}

}  // namespace hpsearch::study
