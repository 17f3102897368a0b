// OptimizerRules of training_rules.h.
#include "server/model/training_rules.h"

namespace hpsearch::model {
namespace {

constexpr Domain kPositive = {.low = 0, .low_open = true};
constexpr Domain kFromZero = {.low = 0};
constexpr Domain kBelowOne = {.low = 0, .high = 1, .high_open = true};

KeyRule LearningRate(double default_value) {
  return {.key = "learning_rate", .default_value = default_value, .domain = kPositive};
}

KeyRule Momentum() {
  return {.key = "momentum",
          .default_value = 0.0,
          .domain = kBelowOne,
          .refinement_bounds = {.low = 0, .high = 0.999}};
}

KeyRule Share(const char* key, double default_value) {
  return {.key = key, .default_value = default_value, .domain = kBelowOne};
}

KeyRule Epsilon() { return {.key = "epsilon", .default_value = 1e-7, .domain = kFromZero}; }

// Keras's arguments of every optimizer, and those that a later version has.
KeyTable Rule(const char* name, std::vector<KeyRule> keys) {
  KeyTable table = {.name = name, .keys = std::move(keys)};
  for (const std::string& key : ClippingKeys()) table.keys.push_back({.key = key, .domain = kPositive});
  if (table.Find("weight_decay") == nullptr) table.later.push_back({"weight_decay", {}});
  return table;
}

KeyTable Sgd() {
  return Rule(
      "sgd",
      {LearningRate(0.01), Momentum(), {.key = "nesterov", .type = KeyType::kBoolean, .default_value = false}});
}

KeyTable Adam() {
  KeyTable table = Rule("adam", {LearningRate(0.001), Share("beta_1", 0.9), Share("beta_2", 0.999), Epsilon()});
  table.later.push_back({"amsgrad", {false}});
  return table;
}

KeyTable AdamW() {
  KeyTable table = Rule("adamw", {LearningRate(0.001),
                                  {.key = "weight_decay", .default_value = 0.004, .domain = kFromZero},
                                  Share("beta_1", 0.9),
                                  Share("beta_2", 0.999),
                                  Epsilon()});
  table.later.push_back({"amsgrad", {false}});
  return table;
}

KeyTable Adadelta() { return Rule("adadelta", {LearningRate(0.001), Share("rho", 0.95), Epsilon()}); }

KeyTable RmsProp() {
  return Rule("rmsprop", {LearningRate(0.001),
                          Share("rho", 0.9),
                          Momentum(),
                          Epsilon(),
                          {.key = "centered", .type = KeyType::kBoolean, .default_value = false}});
}

}  // namespace

const KindTable& OptimizerRules() {
  static const KindTable rules = {.what = "optimizer",
                                  .kinds = {Sgd(), Adam(), AdamW(), Adadelta(), RmsProp()},
                                  .later = {"nadam", "adagrad"}};
  return rules;
}

const std::vector<std::string>& ClippingKeys() {
  static const std::vector<std::string> keys = {"clipnorm", "clipvalue", "global_clipnorm"};
  return keys;
}

}  // namespace hpsearch::model
