#include "worker/nn/loss.h"

namespace hpsearch::nn {

std::unique_ptr<Loss> MakeLoss(model::Loss loss, std::int64_t units, double label_smoothing) {
  switch (loss) {
    case model::Loss::kBinaryCrossEntropy:
      return MakeSigmoidBinaryCrossEntropy(label_smoothing);
    case model::Loss::kMeanSquaredError:
      return MakeMeanSquaredError(units);
    case model::Loss::kMeanAbsoluteError:
      return MakeMeanAbsoluteError(units);
    case model::Loss::kCrossEntropy:
      break;
  }
  return MakeSoftmaxCrossEntropy(units, label_smoothing);
}

}  // namespace hpsearch::nn
