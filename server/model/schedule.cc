#include "server/model/schedule.h"

#include <string>

#include "server/model/canonical_value.h"
#include "server/model/training_rules.h"

namespace hpsearch::model {
namespace {

std::optional<std::int64_t> Epochs(const Node& body) {
  if (body.Find("epochs") == nullptr) return std::nullopt;
  return Value<std::int64_t>(body, "epochs");
}

ReduceOnPlateau ReadPlateau(const Node& body) {
  return {.monitor = EnumNamed<Monitor>(Value<std::string>(body, "monitor"), MonitorNames()).value(),
          .factor = Value<double>(body, "factor"),
          .patience = Value<std::int64_t>(body, "patience"),
          .min_delta = Value<double>(body, "min_delta"),
          .cooldown = Value<std::int64_t>(body, "cooldown"),
          .min_lr = Value<double>(body, "min_lr")};
}

}  // namespace

std::optional<Schedule> ReadSchedule(const Node& schedule) {
  const auto& [kind, body] = schedule.mapping().front();
  if (kind == "time_decay") return TimeDecay{Value<double>(body, "rate")};
  if (kind == "step") {
    return StepDecay{.epochs = Value<std::int64_t>(body, "epochs"), .factor = Value<double>(body, "factor")};
  }
  if (kind == "exponential") {
    return ExponentialDecay{.decay_rate = Value<double>(body, "decay_rate"),
                            .decay_steps = Value<std::int64_t>(body, "decay_steps"),
                            .staircase = Value<bool>(body, "staircase")};
  }
  if (kind == "polynomial") {
    return PolynomialDecay{.epochs = Epochs(body),
                           .final_factor = Value<double>(body, "final_factor"),
                           .power = Value<double>(body, "power")};
  }
  if (kind == "cosine") {
    return CosineDecay{.epochs = Epochs(body),
                       .warmup_epochs = Value<std::int64_t>(body, "warmup_epochs"),
                       .final_factor = Value<double>(body, "final_factor")};
  }
  if (kind == "reduce_on_plateau") return ReadPlateau(body);
  return std::nullopt;
}

std::optional<std::int64_t> EndOf(const Schedule& schedule, std::int64_t training_epochs) {
  if (const auto* polynomial = std::get_if<PolynomialDecay>(&schedule)) {
    return polynomial->epochs.value_or(training_epochs);
  }
  if (const auto* cosine = std::get_if<CosineDecay>(&schedule)) return cosine->epochs.value_or(training_epochs);
  return std::nullopt;
}

}  // namespace hpsearch::model
