#include "server/model/layer_rules.h"

#include <utility>

namespace hpsearch::model {
namespace {

constexpr double kMostUnits = 1 << 20;

KeyRule Name() { return {.key = "name", .type = KeyType::kText}; }

KeyRule Activation() { return {.key = "activation", .type = KeyType::kText, .choices = ActivationNames()}; }

KeyRule Initializer(const char* key, const char* default_value) {
  return {.key = key, .type = KeyType::kText, .default_value = default_value, .choices = InitializerNames()};
}

// What a layer with weights takes beside its own arguments. A `learning_rate_factor` of 0 freezes it, as
// `trainable: false` does.
std::vector<KeyRule> OfWeights() {
  return {{.key = "kernel_regularizer", .type = KeyType::kAny},
          {.key = "trainable", .type = KeyType::kBoolean, .implied = true},
          {.key = "learning_rate_factor", .implied = 1.0, .domain = {.low = 0}}};
}

// Layers form a chain so far.
std::vector<LaterKey> Inputs() { return {{"input", {}}, {"inputs", {}}}; }

KeyTable Dense() {
  KeyRule activation = Activation();
  activation.default_value = "linear";
  KeyTable table = {
      .name = "dense",
      .keys =
          {Name(),
           {.key = "units", .type = KeyType::kInteger, .required = true, .domain = {.low = 1, .high = kMostUnits}},
           activation,
           {.key = "use_bias", .type = KeyType::kBoolean, .default_value = true},
           Initializer("kernel_initializer", "glorot_uniform"),
           Initializer("bias_initializer", "zeros"),
           {.key = "max_norm", .domain = {.low = 0, .low_open = true}}},
      .later = Inputs(),
  };
  for (KeyRule& rule : OfWeights()) table.keys.push_back(std::move(rule));
  return table;
}

KeyTable Dropout() {
  return {
      .name = "dropout",
      .keys = {Name(),
               {.key = "rate",
                .required = true,
                .domain = {.low = 0, .high = 1, .high_open = true},
                .refinement_bounds = {.low = 0, .high = 0.9}}},
      .later = Inputs(),
      .shorthand = "rate",
  };
}

KeyTable ActivationAlone() {
  KeyRule activation = Activation();
  activation.required = true;
  return {.name = "activation", .keys = {Name(), activation}, .later = Inputs(), .shorthand = "activation"};
}

KeyTable Flatten() { return {.name = "flatten", .keys = {Name()}, .later = Inputs()}; }

}  // namespace

const KindTable& LayerRules() {
  static const KindTable rules = {
      .what = "layer",
      .kinds = {Dense(), Dropout(), ActivationAlone(), Flatten()},
      .later = {"conv2d", "max_pooling2d", "average_pooling2d", "global_average_pooling2d", "batch_normalization",
                "add", "concatenate", "switch", "repeat"},
  };
  return rules;
}

const KeyTable& RegularizerRules() {
  static const KeyTable rules = {.name = "kernel_regularizer",
                                 .keys = {{.key = "l1", .implied = 0.0, .domain = {.low = 0}},
                                          {.key = "l2", .implied = 0.0, .domain = {.low = 0}}}};
  return rules;
}

const std::vector<std::string>& ActivationNames() {
  static const std::vector<std::string> names = {"linear", "relu", "tanh", "sigmoid", "softmax"};
  return names;
}

const std::vector<std::string>& InitializerNames() {
  static const std::vector<std::string> names = {"normal",     "uniform",   "glorot_uniform", "glorot_normal",
                                                 "he_uniform", "he_normal", "zeros",          "ones"};
  return names;
}

}  // namespace hpsearch::model
