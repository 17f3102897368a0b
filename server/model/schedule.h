// The schedules that a study may name, with nothing open in them. What each makes of a learning rate stands in
// worker/optim/schedule.h and plateau.h. Plain values; pure.
#pragma once

#include <cstdint>
#include <optional>
#include <variant>

#include "server/model/document.h"

namespace hpsearch::model {

// Keras's time-based decay: learning_rate / (1 + rate * step), steps counted from 0 over the whole training.
struct TimeDecay {
  double rate = 0;
  bool operator==(const TimeDecay&) const = default;
};
// PyTorch's StepLR: times `factor` after every `epochs` epochs.
struct StepDecay {
  std::int64_t epochs = 1;
  double factor = 0.1;
  bool operator==(const StepDecay&) const = default;
};
// Keras's ExponentialDecay: times decay_rate to the power step / decay_steps, rounded down if it is a staircase.
struct ExponentialDecay {
  double decay_rate = 0.96;
  std::int64_t decay_steps = 1;
  bool staircase = false;
  bool operator==(const ExponentialDecay&) const = default;
};
// Keras's PolynomialDecay: from 1 down to final_factor; then it stays.
struct PolynomialDecay {
  std::optional<std::int64_t> epochs;  // unset: the training's
  double final_factor = 0;
  double power = 1;
  bool operator==(const PolynomialDecay&) const = default;
};
// Keras's CosineDecay (Loshchilov and Hutter 2017) with its linear warm-up from 0; `epochs` is both together.
struct CosineDecay {
  std::optional<std::int64_t> epochs;  // unset: the training's
  std::int64_t warmup_epochs = 0;
  double final_factor = 0;
  bool operator==(const CosineDecay&) const = default;
};
enum class Monitor { kValidationLoss, kValidationError, kTrainLoss, kTrainError };
// Keras's ReduceLROnPlateau; what is monitored is better where it is smaller.
struct ReduceOnPlateau {
  Monitor monitor = Monitor::kValidationLoss;
  double factor = 0.1;
  std::int64_t patience = 10;
  double min_delta = 1e-4;
  std::int64_t cooldown = 0;
  double min_lr = 0;
  bool operator==(const ReduceOnPlateau&) const = default;
};

using Schedule =
    std::variant<TimeDecay, StepDecay, ExponentialDecay, PolynomialDecay, CosineDecay, ReduceOnPlateau>;

// The schedule of a canonical, substituted `schedule` mapping, {cosine: {...}}; nullopt: constant. Requires: it
// has passed ScheduleRules.
std::optional<Schedule> ReadSchedule(const Node& schedule);

// The epoch that a schedule comes to its end with, in a training of so many; nullopt: it has none.
std::optional<std::int64_t> EndOf(const Schedule& schedule, std::int64_t training_epochs);

}  // namespace hpsearch::model
