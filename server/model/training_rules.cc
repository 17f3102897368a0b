#include "server/model/training_rules.h"

namespace hpsearch::model {
namespace {

KeyTable Sgd() {
  return {
      .name = "sgd",
      .keys = {{.key = "learning_rate", .default_value = 0.01, .domain = {.low = 0, .low_open = true}},
               {.key = "momentum",
                .default_value = 0.0,
                .domain = {.low = 0, .high = 1, .high_open = true},
                .refinement_bounds = {.low = 0, .high = 0.999}},
               {.key = "nesterov", .type = KeyType::kBoolean, .default_value = false}},
  };
}

KeyTable TimeDecay() {
  return {.name = "time_decay", .keys = {{.key = "rate", .required = true, .domain = {.low = 0}}}};
}

}  // namespace

const KeyTable& TrainingRules() {
  static const KeyTable rules = {
      .name = "training",
      .keys = {{.key = "epochs", .type = KeyType::kInteger, .required = true, .domain = {.low = 1, .high = 1e6}},
               {.key = "batch_size",
                .type = KeyType::kInteger,
                .default_value = 32,
                .domain = {.low = 1, .high = 1 << 20}},
               {.key = "loss", .type = KeyType::kText, .choices = LossNames(), .later = {"mean_squared_error"}},
               {.key = "optimizer", .type = KeyType::kAny, .required = true},
               {.key = "schedule", .type = KeyType::kAny},
               {.key = "validation_fraction",
                .default_value = 1.0 / 6,
                .domain = {.low = 0, .high = 1, .low_open = true, .high_open = true}},
               {.key = "validation_from", .type = KeyType::kText, .choices = ValidationFromNames()}},
      .later = {{"metrics", {Node::Sequence()}},
                {"precision", {"f32"}},
                {"threads", {1}},
                {"instruction_set", {"native"}},
                {"replicates", {1}}},
  };
  return rules;
}

const KindTable& OptimizerRules() {
  static const KindTable rules = {.what = "optimizer",
                                  .kinds = {Sgd()},
                                  .later = {"adam", "adamw", "nadam", "rmsprop", "adagrad", "adadelta", "switch"}};
  return rules;
}

const KindTable& ScheduleRules() {
  static const KindTable rules = {
      .what = "schedule",
      .kinds = {TimeDecay()},
      .later = {"step", "exponential", "polynomial", "cosine", "reduce_on_plateau", "switch"}};
  return rules;
}

const std::vector<std::string>& ValidationFromNames() {
  static const std::vector<std::string> names = {"last", "random", "stratified"};
  return names;
}

const std::vector<std::string>& LossNames() {
  static const std::vector<std::string> names = {"cross_entropy", "binary_cross_entropy"};
  return names;
}

}  // namespace hpsearch::model
