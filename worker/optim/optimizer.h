// The optimizer of a training: its rule, the state that the rule keeps beside each variable (made once), and one
// step over all of them: penalties, bounds on gradients, update and max-norm.
//
// Threads: one optimizer, one thread. Ownership: borrows what the variables' views point at; owns the state.
// Errors: std::bad_alloc from the constructor alone; a step makes and allocates nothing.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "server/model/optimizer.h"
#include "worker/nn/floats.h"
#include "worker/optim/rule.h"
#include "worker/optim/variable.h"

namespace hpsearch::optim {

class Optimizer {
 public:
  Optimizer(const model::Optimizer& spec, std::vector<Variable> variables);

  // Updates every variable by its gradient, the first first. `step` counts from 0 over the whole training. The
  // gradients are used up. Unless null, gradient_norm receives the Euclidean norm of all of them together,
  // penalties in them and no bound put on them yet.
  void Step(double learning_rate, std::int64_t step, double* gradient_norm = nullptr);

  // The Euclidean norm of all values together.
  double WeightNorm() const;

  // Of the weights as they are: what Keras adds to the loss of a batch.
  double Penalties() const;

  // All that the rule remembers from step to step, in a fixed order: what a checkpoint keeps, and sets again.
  std::vector<std::span<float>> State();

 private:
  struct Slots {
    std::array<nn::Floats, kMostSlots> memory;
    std::array<std::span<float>, kMostSlots> views;
  };

  void ShapeGradients(double* gradient_norm);

  const model::Clipping clipping_;
  const std::unique_ptr<Rule> rule_;
  const std::vector<Variable> variables_;
  std::vector<Slots> slots_;  // of each variable
};

}  // namespace hpsearch::optim
