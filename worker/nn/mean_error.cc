// Mean squared and mean absolute error: in double, value after value, as it costs little beside the products.
#include <cmath>

#include "worker/nn/loss.h"

namespace hpsearch::nn {
namespace {

// The error of a value and its derivative, by the distance from the target.
struct Squared {
  static double Error(double distance) { return distance * distance; }
  static double Slope(double distance) { return 2 * distance; }
};
struct Absolute {
  static double Error(double distance) { return std::abs(distance); }
  static double Slope(double distance) {
    if (std::isnan(distance)) return distance;
    return distance > 0 ? 1 : distance < 0 ? -1 : 0;
  }
};

template <class Of>
class MeanError : public Loss {
 public:
  explicit MeanError(std::int64_t units) : units_(units) {}

  LossSum Evaluate(const float* outputs, const Targets& targets, std::int64_t rows, float* diff) override {
    LossSum result;
    const double share = 1.0 / static_cast<double>(units_);
    const double step = share / static_cast<double>(rows);
    for (std::int64_t row = 0; row < rows; ++row) {
      double sum = 0;
      for (std::int64_t i = row * units_; i < (row + 1) * units_; ++i) {
        const double distance = static_cast<double>(outputs[i]) - static_cast<double>(targets.values[i]);
        sum += Of::Error(distance);
        if (diff != nullptr) diff[i] = static_cast<float>(Of::Slope(distance) * step);
      }
      result.loss += sum * share;
    }
    return result;
  }

 private:
  const std::int64_t units_;
};

}  // namespace

std::unique_ptr<Loss> MakeMeanSquaredError(std::int64_t units) {
  return std::make_unique<MeanError<Squared>>(units);
}
std::unique_ptr<Loss> MakeMeanAbsoluteError(std::int64_t units) {
  return std::make_unique<MeanError<Absolute>>(units);
}

}  // namespace hpsearch::nn
