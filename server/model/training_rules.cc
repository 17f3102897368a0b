#include "server/model/training_rules.h"

#include "server/model/training.h"

namespace hpsearch::model {
namespace {

// Of the cross-entropies.
KeyRule LabelSmoothing() {
  return {.key = "label_smoothing", .implied = 0.0, .domain = {.low = 0, .high = 1, .high_open = true}};
}

KeyRule PrecisionRule() {
  return {.key = "precision",
          .type = KeyType::kText,
          .implied = PrecisionNames().front(),
          .choices = PrecisionNames()};
}

KeyRule Threads() {
  return {.key = "threads", .type = KeyType::kInteger, .implied = 1, .domain = {.low = 1, .high = kMostThreads}};
}

KeyRule InstructionSetRule() {
  return {.key = "instruction_set",
          .type = KeyType::kText,
          .implied = InstructionSetNames().front(),
          .choices = InstructionSetNames()};
}

// Of a study, not of a trial, which is one of them.
KeyRule Replicates() {
  return {
      .key = "replicates", .type = KeyType::kInteger, .implied = 1, .domain = {.low = 1, .high = kMostReplicates}};
}

}  // namespace

const KeyTable& TrainingRules() {
  static const KeyTable rules = {
      .name = "training",
      .keys = {{.key = "epochs",
                .type = KeyType::kInteger,
                .required = true,
                .domain = {.low = 1, .high = kMostEpochs}},
               {.key = "batch_size",
                .type = KeyType::kInteger,
                .default_value = 32,
                .domain = {.low = 1, .high = 1 << 20}},
               {.key = "loss", .type = KeyType::kText, .choices = LossNames()},
               LabelSmoothing(),
               {.key = "metrics", .type = KeyType::kAny},
               {.key = "optimizer", .type = KeyType::kAny, .required = true},
               {.key = "schedule", .type = KeyType::kAny},
               {.key = "validation_fraction",
                .default_value = 1.0 / 6,
                .domain = {.low = 0, .high = 1, .low_open = true, .high_open = true}},
               {.key = "validation_from", .type = KeyType::kText, .choices = ValidationFromNames()},
               PrecisionRule(),
               Threads(),
               InstructionSetRule(),
               Replicates()},
  };
  return rules;
}

const KindTable& LossRules() {
  static const KindTable rules = [] {
    KindTable table = {.what = "loss"};
    for (std::size_t i = 0; i < LossNames().size(); ++i) {
      KeyTable& loss = table.kinds.emplace_back(KeyTable{.name = LossNames()[i]});
      if (TaskOf(static_cast<Loss>(i)) == Task::kClassification) loss.keys = {LabelSmoothing()};
    }
    return table;
  }();
  return rules;
}

const std::vector<std::string>& ValidationFromNames() {
  static const std::vector<std::string> names = {"last", "random", "stratified"};
  return names;
}

const std::vector<std::string>& PrecisionNames() {
  static const std::vector<std::string> names = {"f32", "bf16"};
  return names;
}

const std::vector<std::string>& InstructionSetNames() {
  static const std::vector<std::string> names = {"native", "avx2", "avx512"};
  return names;
}

const std::vector<std::string>& LossNames() {
  static const std::vector<std::string> names = {"cross_entropy", "binary_cross_entropy", "mean_squared_error",
                                                 "mean_absolute_error"};
  return names;
}

}  // namespace hpsearch::model
