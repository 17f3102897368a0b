// ScheduleRules of training_rules.h.
#include "server/model/training_rules.h"

namespace hpsearch::model {
namespace {

constexpr Domain kFromZero = {.low = 0};
constexpr Domain kFraction = {.low = 0, .high = 1};
constexpr Domain kWithinOne = {.low = 0, .high = 1, .low_open = true, .high_open = true};
constexpr Domain kEpochs = {.low = 1, .high = kMostEpochs};
constexpr Domain kCount = {.low = 0, .high = kMostEpochs};

// Of a schedule with an end; unset: the trial's epochs.
KeyRule End() { return {.key = "epochs", .type = KeyType::kInteger, .domain = kEpochs}; }

KeyRule FinalFactor() { return {.key = "final_factor", .default_value = 0.0, .domain = kFraction}; }

KeyTable TimeDecay() {
  return {.name = "time_decay", .keys = {{.key = "rate", .required = true, .domain = kFromZero}}};
}

KeyTable Step() {
  return {.name = "step",
          .keys = {{.key = "epochs", .type = KeyType::kInteger, .required = true, .domain = kEpochs},
                   {.key = "factor", .default_value = 0.1, .domain = {.low = 0, .low_open = true}}}};
}

KeyTable Exponential() {
  return {
      .name = "exponential",
      .keys = {
          {.key = "decay_rate", .required = true, .domain = {.low = 0, .low_open = true}},
          {.key = "decay_steps", .type = KeyType::kInteger, .required = true, .domain = {.low = 1, .high = 1e12}},
          {.key = "staircase", .type = KeyType::kBoolean, .default_value = false}}};
}

KeyTable Polynomial() {
  return {
      .name = "polynomial",
      .keys = {
          End(), FinalFactor(), {.key = "power", .default_value = 1.0, .domain = {.low = 0, .low_open = true}}}};
}

KeyTable Cosine() {
  return {.name = "cosine",
          .keys = {End(),
                   {.key = "warmup_epochs", .type = KeyType::kInteger, .default_value = 0, .domain = kCount},
                   FinalFactor()}};
}

KeyTable ReduceOnPlateau() {
  return {.name = "reduce_on_plateau",
          .keys = {{.key = "monitor",
                    .type = KeyType::kText,
                    .default_value = MonitorNames().front(),
                    .choices = MonitorNames()},
                   {.key = "factor", .default_value = 0.1, .domain = kWithinOne},
                   {.key = "patience", .type = KeyType::kInteger, .default_value = 10, .domain = kCount},
                   {.key = "min_delta", .default_value = 1e-4, .domain = kFromZero},
                   {.key = "cooldown", .type = KeyType::kInteger, .default_value = 0, .domain = kCount},
                   {.key = "min_lr", .default_value = 0.0, .domain = kFromZero}}};
}

KeyTable Constant() { return {.name = kConstantSchedule}; }

}  // namespace

const KindTable& ScheduleRules() {
  static const KindTable rules = {
      .what = "schedule",
      .kinds = {TimeDecay(), Constant(), Step(), Exponential(), Polynomial(), Cosine(), ReduceOnPlateau()},
  };
  return rules;
}

const std::vector<std::string>& MonitorNames() {
  static const std::vector<std::string> names = {"validation_loss", "validation_error", "train_loss",
                                                 "train_error"};
  return names;
}

}  // namespace hpsearch::model
