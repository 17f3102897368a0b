// Keras's update rules as its documentation has them, for one weight, in double: what the rules of worker/optim
// are held against. Shares nothing with them.
#pragma once

#include <cmath>
#include <cstdint>
#include <variant>

#include "server/model/optimizer.h"

namespace hpsearch::optim {

// A weight, and what its rule remembers of it.
struct NaiveWeight {
  double value = 0;
  double first = 0, second = 0, third = 0;
};

// Step `t`, from 1.
inline void NaiveUpdate(const model::Optimizer& optimizer, double rate, std::int64_t t, double g, NaiveWeight& w) {
  if (const auto* sgd = std::get_if<model::Sgd>(&optimizer.rule)) {
    w.first = sgd->momentum * w.first - rate * g;
    w.value += sgd->nesterov ? sgd->momentum * w.first - rate * g : w.first;
    return;
  }
  if (const auto* rule = std::get_if<model::Adadelta>(&optimizer.rule)) {
    const auto rms = [&](double x) { return std::sqrt(x + rule->epsilon); };
    w.first = rule->rho * w.first + (1 - rule->rho) * g * g;
    const double delta = -rms(w.second) * g / rms(w.first);
    w.second = rule->rho * w.second + (1 - rule->rho) * delta * delta;
    w.value += rate * delta;
    return;
  }
  if (const auto* rule = std::get_if<model::RmsProp>(&optimizer.rule)) {
    w.first = rule->rho * w.first + (1 - rule->rho) * g * g;
    w.second = rule->rho * w.second + (1 - rule->rho) * g;
    const double variance = w.first - (rule->centered ? w.second * w.second : 0) + rule->epsilon;
    w.third = rule->momentum * w.third + rate * g / std::sqrt(variance);
    w.value -= w.third;
    return;
  }
  const auto* adamw = std::get_if<model::AdamW>(&optimizer.rule);
  const model::Adam& adam = adamw != nullptr ? adamw->adam : std::get<model::Adam>(optimizer.rule);
  if (adamw != nullptr) w.value -= rate * adamw->weight_decay * w.value;
  w.first = adam.beta_1 * w.first + (1 - adam.beta_1) * g;
  w.second = adam.beta_2 * w.second + (1 - adam.beta_2) * g * g;
  const double correction = std::sqrt(1 - std::pow(adam.beta_2, static_cast<double>(t))) /
                            (1 - std::pow(adam.beta_1, static_cast<double>(t)));
  w.value -= rate * correction * w.first / (std::sqrt(w.second) + adam.epsilon);
}

}  // namespace hpsearch::optim
