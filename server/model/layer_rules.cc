#include "server/model/layer_rules.h"

#include <cstdint>
#include <optional>
#include <utility>

namespace hpsearch::model {
namespace {

constexpr double kMostUnits = 1 << 20;
constexpr double kMostFilters = 1 << 16;
constexpr double kMostExtent = 1 << 12;

KeyRule Name() { return {.key = "name", .type = KeyType::kText}; }

KeyRule Activation() { return {.key = "activation", .type = KeyType::kText, .choices = ActivationNames()}; }

KeyRule Initializer(const char* key, const char* default_value) {
  return {.key = key, .type = KeyType::kText, .default_value = default_value, .choices = InitializerNames()};
}

KeyRule ActivationArgument() {
  KeyRule activation = Activation();
  activation.default_value = "linear";
  return activation;
}

KeyRule MaxNorm() { return {.key = "max_norm", .domain = {.low = 0, .low_open = true}}; }

// Height and width; nothing: without a default.
KeyRule ExtentOf(const char* key, std::optional<std::int64_t> default_value) {
  KeyRule rule = {.key = key, .type = KeyType::kExtent, .domain = {.low = 1, .high = kMostExtent}};
  if (default_value.has_value()) rule.default_value = Node::Sequence{*default_value, *default_value};
  return rule;
}

KeyRule PaddingRule() {
  return {.key = "padding", .type = KeyType::kText, .default_value = "valid", .choices = PaddingNames()};
}

// What a layer with weights takes beside its own arguments. A `learning_rate_factor` of 0 freezes it, as
// `trainable: false` does.
std::vector<KeyRule> OfWeights() {
  return {{.key = "kernel_regularizer", .type = KeyType::kAny},
          {.key = "trainable", .type = KeyType::kBoolean, .implied = true},
          {.key = "learning_rate_factor", .implied = 1.0, .domain = {.low = 0}}};
}

// The layer that is read, by name; by default the one before it in the file.
KeyRule Input() { return {.key = "input", .type = KeyType::kText}; }
// Of a layer that reads several.
KeyRule Inputs() { return {.key = "inputs", .type = KeyType::kTexts, .required = true}; }

KeyTable Dense() {
  KeyTable table = {
      .name = "dense",
      .keys =
          {Name(),
           Input(),
           {.key = "units", .type = KeyType::kInteger, .required = true, .domain = {.low = 1, .high = kMostUnits}},
           ActivationArgument(),
           {.key = "use_bias", .type = KeyType::kBoolean, .default_value = true},
           Initializer("kernel_initializer", "glorot_uniform"),
           Initializer("bias_initializer", "zeros"),
           MaxNorm()},
  };
  for (KeyRule& rule : OfWeights()) table.keys.push_back(std::move(rule));
  return table;
}

KeyTable Dropout() {
  return {
      .name = "dropout",
      .keys = {Name(),
               Input(),
               {.key = "rate",
                .required = true,
                .domain = {.low = 0, .high = 1, .high_open = true},
                .refinement_bounds = {.low = 0, .high = 0.9}}},
      .shorthand = "rate",
  };
}

KeyTable ActivationAlone() {
  KeyRule activation = Activation();
  activation.required = true;
  return {.name = "activation", .keys = {Name(), Input(), activation}, .shorthand = "activation"};
}

// Keras's layers of one activation with an argument: LeakyReLU, ELU.
KeyTable WithAlpha(const char* name, double alpha) {
  return {.name = name,
          .keys = {Name(), Input(), {.key = "alpha", .default_value = alpha, .domain = {.low = 0}}},
          .shorthand = "alpha"};
}

KeyTable Conv2d() {
  KeyRule kernel_size = ExtentOf("kernel_size", std::nullopt);
  kernel_size.required = true;
  KeyTable table = {
      .name = "conv2d",
      .keys = {Name(),
               Input(),
               {.key = "filters",
                .type = KeyType::kInteger,
                .required = true,
                .domain = {.low = 1, .high = kMostFilters}},
               kernel_size,
               ExtentOf("strides", 1),
               PaddingRule(),
               ExtentOf("dilation_rate", 1),
               {.key = "groups",
                .type = KeyType::kInteger,
                .default_value = 1,
                .domain = {.low = 1, .high = kMostFilters}},
               ActivationArgument(),
               {.key = "use_bias", .type = KeyType::kBoolean, .default_value = true},
               Initializer("kernel_initializer", "glorot_uniform"),
               Initializer("bias_initializer", "zeros"),
               MaxNorm()},
  };
  for (KeyRule& rule : OfWeights()) table.keys.push_back(std::move(rule));
  return table;
}

KeyTable Pooling2d(const char* name) {
  return {.name = name,
          .keys = {Name(), Input(), ExtentOf("pool_size", 2), ExtentOf("strides", std::nullopt), PaddingRule()},
          .shorthand = "pool_size"};
}

KeyTable BatchNormalization() {
  return {.name = "batch_normalization",
          .keys = {Name(),
                   Input(),
                   {.key = "momentum",
                    .default_value = 0.99,
                    .domain = {.low = 0, .high = 1, .high_open = true},
                    .refinement_bounds = {.low = 0, .high = 0.999}},
                   {.key = "epsilon", .default_value = 1e-3, .domain = {.low = 0, .low_open = true}},
                   {.key = "center", .type = KeyType::kBoolean, .default_value = true},
                   {.key = "scale", .type = KeyType::kBoolean, .default_value = true},
                   {.key = "trainable", .type = KeyType::kBoolean, .default_value = true}}};
}

KeyTable SpatialDropout2d() {
  KeyTable table = Dropout();
  table.name = "spatial_dropout2d";
  return table;
}

KeyTable Reshape() {
  return {.name = "reshape",
          .keys = {Name(),
                   Input(),
                   {.key = "target_shape",
                    .type = KeyType::kIntegers,
                    .required = true,
                    .domain = {.low = -1, .high = kMostUnits}}}};
}

// Layers that read several: Keras's Add, Concatenate.
KeyTable Joining(const char* name) { return {.name = name, .keys = {Name(), Inputs()}}; }

KeyTable Unargued(const char* name) { return {.name = name, .keys = {Name(), Input()}}; }

}  // namespace

const KindTable& LayerRules() {
  static const KindTable rules = {
      .what = "layer",
      .kinds = {Dense(), Dropout(), ActivationAlone(), Unargued("flatten"), Conv2d(), Pooling2d("max_pooling2d"),
                Pooling2d("average_pooling2d"), Unargued("global_average_pooling2d"), BatchNormalization(),
                WithAlpha("leaky_relu", 0.3), WithAlpha("elu", 1.0), Joining("add"), Joining("concatenate"),
                SpatialDropout2d(), Reshape()},
  };
  return rules;
}

const KeyTable& RepeatRules() {
  static const KeyTable rules = {
      .name = "repeat",
      .keys = {{.key = "times",
                .type = KeyType::kInteger,
                .required = true,
                .domain = {.low = 0, .high = static_cast<double>(kMostRepetitions)}},
               {.key = "layers", .type = KeyType::kAny, .required = true}},
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
  static const std::vector<std::string> names = {"linear", "relu", "leaky_relu", "elu",      "gelu",
                                                 "swish",  "tanh", "sigmoid",    "softplus", "softmax"};
  return names;
}

const std::vector<std::string>& PaddingNames() {
  static const std::vector<std::string> names = {"valid", "same"};
  return names;
}

const std::vector<std::string>& InitializerNames() {
  static const std::vector<std::string> names = {"normal",     "uniform",   "glorot_uniform", "glorot_normal",
                                                 "he_uniform", "he_normal", "zeros",          "ones"};
  return names;
}

}  // namespace hpsearch::model
