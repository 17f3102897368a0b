#include "worker/nn/loss.h"

namespace hpsearch::nn {

std::unique_ptr<Loss> MakeLoss(model::Loss loss, std::int64_t units) {
  switch (loss) {
    case model::Loss::kBinaryCrossEntropy:
      return MakeSigmoidBinaryCrossEntropy();
    case model::Loss::kCrossEntropy:
      break;
  }
  return MakeSoftmaxCrossEntropy(units);
}

}  // namespace hpsearch::nn
