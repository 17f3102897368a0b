// The names of the `training` section's keys, optimizers, schedules and losses, and their defaults. Made at the
// first call, kept for the process's life, never changed; from any thread; no errors.
#pragma once

#include <string>
#include <vector>

#include "server/model/key_table.h"

namespace hpsearch::model {

// `optimizer`, `schedule` and `metrics` stand in it as kAny: OptimizerRules, ScheduleRules and MetricNames say
// what they take.
const KeyTable& TrainingRules();
const KindTable& OptimizerRules();
const KindTable& ScheduleRules();

// What may stand at `loss` as a mapping, {cross_entropy: {label_smoothing: 0.1}}, which the canonical document
// spells as two keys.
const KindTable& LossRules();
// Keras's arguments of every optimizer that bound its gradients; at most one of them is set.
const std::vector<std::string>& ClippingKeys();
// A schedule that is none: the canonical document leaves it out.
inline constexpr const char* kConstantSchedule = "constant";
inline constexpr double kMostEpochs = 1e6;
inline constexpr double kMostThreads = 64;
inline constexpr double kMostReplicates = 1000;

// In the order of Monitor.
const std::vector<std::string>& MonitorNames();
// In the order of Loss.
const std::vector<std::string>& LossNames();
// In the order of Precision.
const std::vector<std::string>& PrecisionNames();
// In the order of InstructionSet.
const std::vector<std::string>& InstructionSetNames();
// In the order of ValidationFrom.
const std::vector<std::string>& ValidationFromNames();

}  // namespace hpsearch::model
