// Stochastic gradient descent as Keras writes it: v = momentum * v - rate * g; w += v, or with Nesterov's momentum
// w += momentum * v - rate * g (Sutskever et al., 2013); without momentum w -= rate * g.
#include "worker/optim/rule.h"
#include "worker/optim/rule_loops.h"

namespace hpsearch::optim {
namespace {

struct Plain {
  static constexpr std::size_t kSlots = 0;
  float rate = 0;

  void Begin(double learning_rate, std::int64_t /*step*/) { rate = static_cast<float>(learning_rate); }
  float operator()(float value, float gradient, float&, float&, float&) const { return value - rate * gradient; }
};

struct Momentum {
  static constexpr std::size_t kSlots = 1;
  float momentum = 0;
  float rate = 0;

  void Begin(double learning_rate, std::int64_t /*step*/) { rate = static_cast<float>(learning_rate); }
  float operator()(float value, float gradient, float& velocity, float&, float&) const {
    velocity = momentum * velocity - rate * gradient;
    return value + velocity;
  }
};

struct Nesterov {
  static constexpr std::size_t kSlots = 1;
  float momentum = 0;
  float rate = 0;

  void Begin(double learning_rate, std::int64_t /*step*/) { rate = static_cast<float>(learning_rate); }
  float operator()(float value, float gradient, float& velocity, float&, float&) const {
    velocity = momentum * velocity - rate * gradient;
    return value + (momentum * velocity - rate * gradient);
  }
};

HPSEARCH_RULE(Plain, Plain);
HPSEARCH_RULE(Momentum, Momentum);
HPSEARCH_RULE(Nesterov, Nesterov);

}  // namespace

std::unique_ptr<Rule> MakeSgd(const model::Sgd& sgd) {
  if (sgd.momentum == 0) return std::make_unique<PlainRule>(Plain{});
  const auto momentum = static_cast<float>(sgd.momentum);
  if (sgd.nesterov) return std::make_unique<NesterovRule>(Nesterov{.momentum = momentum});
  return std::make_unique<MomentumRule>(Momentum{.momentum = momentum});
}

}  // namespace hpsearch::optim
