// RMSprop (Tieleman and Hinton, 2012) in Keras's form:
//
//   v = rho * v + (1 - rho) * g * g
//   u = rate * g / sqrt(v + epsilon), or centered (Graves, 2013), with a = rho * a + (1 - rho) * g,
//       rate * g / sqrt(v - a * a + epsilon)
//   w -= u, or with momentum m = momentum * m + u; w -= m
#include <cmath>

#include "worker/optim/rule.h"
#include "worker/optim/rule_loops.h"

namespace hpsearch::optim {
namespace {

struct Numbers {
  float rho = 0;
  float share = 0;  // 1 - rho
  float momentum = 0;
  float epsilon = 0;
  float rate = 0;

  explicit Numbers(const model::RmsProp& rmsprop)
      : rho(static_cast<float>(rmsprop.rho)),
        share(static_cast<float>(1 - rmsprop.rho)),
        momentum(static_cast<float>(rmsprop.momentum)),
        epsilon(static_cast<float>(rmsprop.epsilon)) {}
  void Begin(double learning_rate, std::int64_t /*step*/) { rate = static_cast<float>(learning_rate); }

  float Increment(float gradient, float& velocity) const {
    velocity = rho * velocity + share * (gradient * gradient);
    return rate * gradient / std::sqrt(velocity + epsilon);
  }
  float CenteredIncrement(float gradient, float& velocity, float& average) const {
    velocity = rho * velocity + share * (gradient * gradient);
    average = rho * average + share * gradient;
    // A variance; rounding may take it below 0 where the gradient hardly changes.
    const float variance = velocity - average * average;
    return rate * gradient / std::sqrt((variance > 0.0f ? variance : 0.0f) + epsilon);
  }
};

struct Plain : Numbers {
  static constexpr std::size_t kSlots = 1;
  float operator()(float value, float gradient, float& velocity, float&, float&) const {
    return value - Increment(gradient, velocity);
  }
};

struct Momentum : Numbers {
  static constexpr std::size_t kSlots = 2;
  float operator()(float value, float gradient, float& velocity, float& m, float&) const {
    m = momentum * m + Increment(gradient, velocity);
    return value - m;
  }
};

struct Centered : Numbers {
  static constexpr std::size_t kSlots = 2;
  float operator()(float value, float gradient, float& velocity, float& average, float&) const {
    return value - CenteredIncrement(gradient, velocity, average);
  }
};

struct CenteredMomentum : Numbers {
  static constexpr std::size_t kSlots = 3;
  float operator()(float value, float gradient, float& velocity, float& average, float& m) const {
    m = momentum * m + CenteredIncrement(gradient, velocity, average);
    return value - m;
  }
};

HPSEARCH_RULE(Plain, Plain);
HPSEARCH_RULE(Momentum, Momentum);
HPSEARCH_RULE(Centered, Centered);
HPSEARCH_RULE(CenteredMomentum, CenteredMomentum);

}  // namespace

std::unique_ptr<Rule> MakeRmsProp(const model::RmsProp& rmsprop) {
  const Numbers numbers(rmsprop);
  if (rmsprop.momentum == 0) {
    if (rmsprop.centered) return std::make_unique<CenteredRule>(Centered{numbers});
    return std::make_unique<PlainRule>(Plain{numbers});
  }
  if (rmsprop.centered) return std::make_unique<CenteredMomentumRule>(CenteredMomentum{numbers});
  return std::make_unique<MomentumRule>(Momentum{numbers});
}

}  // namespace hpsearch::optim
