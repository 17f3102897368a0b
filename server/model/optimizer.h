// The update rules that a study may name, with nothing open in them: Keras's names, arguments and defaults. What
// each computes stands at its file in worker/optim. Plain values; pure.
#pragma once

#include <optional>
#include <variant>

#include "server/model/document.h"

namespace hpsearch::model {

// Stochastic gradient descent (momentum and Nesterov's: Sutskever et al. 2013).
struct Sgd {
  double momentum = 0;
  bool nesterov = false;
  bool operator==(const Sgd&) const = default;
};
// Kingma and Ba 2015.
struct Adam {
  double beta_1 = 0.9;
  double beta_2 = 0.999;
  double epsilon = 1e-7;
  bool operator==(const Adam&) const = default;
};
// Adam with decoupled weight decay, Loshchilov and Hutter 2019.
struct AdamW {
  Adam adam;
  double weight_decay = 0.004;
  bool operator==(const AdamW&) const = default;
};
// Zeiler 2012.
struct Adadelta {
  double rho = 0.95;
  double epsilon = 1e-7;
  bool operator==(const Adadelta&) const = default;
};
// Tieleman and Hinton 2012; centered: Graves 2013.
struct RmsProp {
  double rho = 0.9;
  double momentum = 0;
  double epsilon = 1e-7;
  bool centered = false;
  bool operator==(const RmsProp&) const = default;
};

// Keras's bounds on gradients; at most one is set, each is above 0.
struct Clipping {
  std::optional<double> clipnorm;         // the largest norm of one variable's gradient
  std::optional<double> clipvalue;        // the largest magnitude of each value
  std::optional<double> global_clipnorm;  // the largest norm of all gradients together
  bool operator==(const Clipping&) const = default;
};

struct Optimizer {
  double learning_rate = 0.01;
  std::variant<Sgd, Adam, AdamW, Adadelta, RmsProp> rule;
  Clipping clipping;
  bool operator==(const Optimizer&) const = default;
};

// The optimizer of a canonical, substituted `optimizer` mapping, {adam: {...}}. Requires: it has passed
// OptimizerRules.
Optimizer ReadOptimizer(const Node& optimizer);

}  // namespace hpsearch::model
