// Adadelta (Zeiler, 2012) in Keras's form, RMS(x) = sqrt(x + epsilon):
//
//   a = rho * a + (1 - rho) * g * g
//   u = RMS(d) / RMS(a) * g;  d = rho * d + (1 - rho) * u * u
//   w -= rate * u
#include <cmath>

#include "worker/optim/rule.h"
#include "worker/optim/rule_loops.h"

namespace hpsearch::optim {
namespace {

struct Adadelta {
  static constexpr std::size_t kSlots = 2;
  float rho = 0;
  float share = 0;  // 1 - rho
  float epsilon = 0;
  float rate = 0;

  explicit Adadelta(const model::Adadelta& adadelta)
      : rho(static_cast<float>(adadelta.rho)),
        share(static_cast<float>(1 - adadelta.rho)),
        epsilon(static_cast<float>(adadelta.epsilon)) {}

  void Begin(double learning_rate, std::int64_t /*step*/) { rate = static_cast<float>(learning_rate); }
  float operator()(float value, float gradient, float& gradients, float& updates, float&) const {
    gradients = rho * gradients + share * (gradient * gradient);
    const float update = std::sqrt(updates + epsilon) * gradient / std::sqrt(gradients + epsilon);
    updates = rho * updates + share * (update * update);
    return value - rate * update;
  }
};

HPSEARCH_RULE(Adadelta, Adadelta);

}  // namespace

std::unique_ptr<Rule> MakeAdadelta(const model::Adadelta& adadelta) {
  return std::make_unique<AdadeltaRule>(Adadelta(adadelta));
}

}  // namespace hpsearch::optim
