#include "worker/optim/optimizer.h"

#include <cmath>
#include <cstddef>
#include <utility>

#include "worker/optim/gradient.h"
#include "worker/optim/update.h"

namespace hpsearch::optim {
namespace {

bool IsPenalized(const Variable& variable) { return variable.l1 != 0 || variable.l2 != 0; }

}  // namespace

Optimizer::Optimizer(const model::Optimizer& spec, std::vector<Variable> variables)
    : clipping_(spec.clipping), rule_(MakeRule(spec)), variables_(std::move(variables)) {
  for (const Variable& variable : variables_) {
    Slots& slots = slots_.emplace_back();
    for (std::size_t i = 0; i < rule_->slots(); ++i) {
      slots.memory[i] = nn::Floats(static_cast<std::int64_t>(variable.value.size()));
      slots.views[i] = slots.memory[i].span();
    }
  }
}

void Optimizer::ShapeGradients(double* gradient_norm) {
  double square_sum = 0;
  double square_sum_before = 0;
  for (const Variable& variable : variables_) {
    if (IsPenalized(variable)) AddPenaltyGradient(variable.value, variable.l1, variable.l2, variable.gradient);
    if (gradient_norm != nullptr) square_sum_before += SquareSum(variable.gradient);
    if (clipping_.clipvalue.has_value()) {
      ClipByValue(variable.gradient, static_cast<float>(*clipping_.clipvalue));
    } else if (clipping_.clipnorm.has_value()) {
      ClipByNorm(variable.gradient, SquareSum(variable.gradient), *clipping_.clipnorm);
    } else if (clipping_.global_clipnorm.has_value()) {
      square_sum += SquareSum(variable.gradient);
    }
  }
  if (gradient_norm != nullptr) *gradient_norm = std::sqrt(square_sum_before);
  if (!clipping_.global_clipnorm.has_value()) return;
  for (const Variable& variable : variables_) {
    ClipByNorm(variable.gradient, square_sum, *clipping_.global_clipnorm);
  }
}

void Optimizer::Step(double learning_rate, std::int64_t step, double* gradient_norm) {
  ShapeGradients(gradient_norm);
  // First layer first: its gradient, the largest as a rule, was computed last and is still in the cache.
  for (std::size_t i = 0; i < variables_.size(); ++i) {
    rule_->Begin(learning_rate * variables_[i].rate_factor, step + 1);
    ApplyUpdate(*rule_, variables_[i], slots_[i].views);
  }
}

double Optimizer::WeightNorm() const {
  double square_sum = 0;
  for (const Variable& variable : variables_) square_sum += SquareSum(variable.value);
  return std::sqrt(square_sum);
}

double Optimizer::Penalties() const {
  double sum = 0;
  for (const Variable& variable : variables_) {
    if (IsPenalized(variable)) sum += Penalty(variable.value, variable.l1, variable.l2);
  }
  return sum;
}

std::vector<std::span<float>> Optimizer::State() {
  std::vector<std::span<float>> state;
  for (Slots& slots : slots_) {
    for (std::size_t i = 0; i < rule_->slots(); ++i) state.push_back(slots.views[i]);
  }
  return state;
}

}  // namespace hpsearch::optim
