// One number a row: in double, as it costs nothing beside the products.
#include <cmath>

#include "worker/nn/loss.h"

namespace hpsearch::nn {
namespace {

class SigmoidBinaryCrossEntropy : public Loss {
 public:
  explicit SigmoidBinaryCrossEntropy(double label_smoothing)
      : targets_{0.5 * label_smoothing, 1.0 - 0.5 * label_smoothing} {}

  LossSum Evaluate(const float* logits, const Targets& targets, std::int64_t rows, float* diff) override {
    LossSum result;
    const std::uint8_t* labels = targets.labels;
    for (std::int64_t row = 0; row < rows; ++row) {
      const double logit = logits[row];
      const double label = targets_[labels[row] != 0 ? 1 : 0];
      const double tail = std::exp(-std::abs(logit));  // in [0, 1]: nothing overflows
      result.loss += std::fmax(logit, 0.0) - logit * label + std::log1p(tail);
      result.mistakes += (logit > 0.0) != (labels[row] != 0) ? 1 : 0;
      if (diff != nullptr) {
        const double sigmoid = (logit >= 0.0 ? 1.0 : tail) / (1.0 + tail);
        diff[row] = static_cast<float>((sigmoid - label) / static_cast<double>(rows));
      }
    }
    return result;
  }

 private:
  const double targets_[2];  // of the labels 0 and 1
};

}  // namespace

std::unique_ptr<Loss> MakeSigmoidBinaryCrossEntropy(double label_smoothing) {
  return std::make_unique<SigmoidBinaryCrossEntropy>(label_smoothing);
}

}  // namespace hpsearch::nn
