#include "worker/optim/schedule.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <variant>

#include "worker/optim/integer_power.h"

namespace hpsearch::optim {
namespace {

// From 0 to 1.
double Progress(std::int64_t step, std::int64_t steps) {
  return static_cast<double>(std::min(step, steps)) / static_cast<double>(steps);
}

struct RateOf {
  const double learning_rate;
  const TrainingLength& length;
  const std::int64_t step;

  double operator()(const model::TimeDecay& decay) const {
    return learning_rate / (1.0 + decay.rate * static_cast<double>(step));
  }
  double operator()(const model::StepDecay& decay) const {
    return learning_rate * IntegerPower(decay.factor, step / length.steps_per_epoch / decay.epochs);
  }
  double operator()(const model::ExponentialDecay& decay) const {
    if (decay.staircase) return learning_rate * IntegerPower(decay.decay_rate, step / decay.decay_steps);
    const double exponent = static_cast<double>(step) / static_cast<double>(decay.decay_steps);
    return learning_rate * std::pow(decay.decay_rate, exponent);
  }
  double operator()(const model::PolynomialDecay& decay) const {
    const double x = Progress(step, decay.epochs.value_or(length.epochs) * length.steps_per_epoch);
    return learning_rate * ((1 - decay.final_factor) * std::pow(1 - x, decay.power) + decay.final_factor);
  }
  double operator()(const model::CosineDecay& decay) const {
    const std::int64_t warmup = decay.warmup_epochs * length.steps_per_epoch;
    if (step < warmup) return learning_rate * Progress(step, warmup);
    const std::int64_t steps = decay.epochs.value_or(length.epochs) * length.steps_per_epoch;
    const double y = Progress(step - warmup, steps - warmup);
    return learning_rate *
           ((1 - decay.final_factor) * 0.5 * (1 + std::cos(std::numbers::pi * y)) + decay.final_factor);
  }
  // Its rate is the plateau's, which the caller has asked already.
  double operator()(const model::ReduceOnPlateau& /*plateau*/) const { return learning_rate; }
};

}  // namespace

double ScheduledRate(double learning_rate, const model::Schedule& schedule, const TrainingLength& length,
                     std::int64_t step) {
  return std::visit(RateOf{learning_rate, length, step}, schedule);
}

}  // namespace hpsearch::optim
