// Adam (Kingma and Ba, 2015) in Keras's form, the bias corrections folded into the rate of step t, from 1:
//
//   m += (g - m) * (1 - beta_1);  v += (g * g - v) * (1 - beta_2)
//   w -= m * alpha / (sqrt(v) + epsilon),  alpha = rate * sqrt(1 - beta_2^t) / (1 - beta_1^t)
//
// and AdamW (Loshchilov and Hutter, 2019), which takes rate * weight_decay * w off each weight first, biases among
// them, as Keras's does.
#include <cmath>

#include "worker/optim/integer_power.h"
#include "worker/optim/rule.h"
#include "worker/optim/rule_loops.h"

namespace hpsearch::optim {
namespace {

struct Adam {
  static constexpr std::size_t kSlots = 2;
  double beta_1 = 0;
  double beta_2 = 0;
  float share_1 = 0;  // 1 - beta_1
  float share_2 = 0;
  float epsilon = 0;
  float alpha = 0;

  explicit Adam(const model::Adam& adam)
      : beta_1(adam.beta_1),
        beta_2(adam.beta_2),
        share_1(static_cast<float>(1 - adam.beta_1)),
        share_2(static_cast<float>(1 - adam.beta_2)),
        epsilon(static_cast<float>(adam.epsilon)) {}

  void Begin(double rate, std::int64_t step) {
    alpha =
        static_cast<float>(rate * std::sqrt(1 - IntegerPower(beta_2, step)) / (1 - IntegerPower(beta_1, step)));
  }
  float operator()(float value, float gradient, float& m, float& v, float&) const {
    m += (gradient - m) * share_1;
    v += (gradient * gradient - v) * share_2;
    return value - m * alpha / (std::sqrt(v) + epsilon);
  }
};

struct AdamW {
  static constexpr std::size_t kSlots = 2;
  Adam adam;
  double weight_decay = 0;
  float decay = 0;  // rate * weight_decay

  explicit AdamW(const model::AdamW& adamw) : adam(adamw.adam), weight_decay(adamw.weight_decay) {}

  void Begin(double rate, std::int64_t step) {
    adam.Begin(rate, step);
    decay = static_cast<float>(rate * weight_decay);
  }
  float operator()(float value, float gradient, float& m, float& v, float& none) const {
    return adam(value - value * decay, gradient, m, v, none);
  }
};

HPSEARCH_RULE(Adam, Adam);
HPSEARCH_RULE(AdamW, AdamW);

}  // namespace

std::unique_ptr<Rule> MakeAdam(const model::Adam& adam) { return std::make_unique<AdamRule>(Adam(adam)); }
std::unique_ptr<Rule> MakeAdamW(const model::AdamW& adamw) { return std::make_unique<AdamWRule>(AdamW(adamw)); }

}  // namespace hpsearch::optim
