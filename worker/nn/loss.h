// Losses, fused with the activation that the network ends with: computed from logits, so that nothing overflows
// and no logarithm meets a rounded 0. The loss of a batch is a sum in double, row after row.
//
// Threads: one loss, one thread (it has working memory). Ownership: none of its arguments. Errors: none; a loss
// that is not finite is the caller's to notice.
#pragma once

#include <cstdint>
#include <memory>

#include "server/model/training.h"

namespace hpsearch::nn {

struct LossSum {
  double loss = 0;            // over the rows, natural logarithm
  std::int64_t mistakes = 0;  // rows whose prediction is not the label
};

class Loss {
 public:
  virtual ~Loss() = default;
  // `logits` is rows x units, `labels` rows. Unless null, diff receives the gradient of the rows' mean loss.
  virtual LossSum Evaluate(const float* logits, const std::uint8_t* labels, std::int64_t rows, float* diff) = 0;
};

// Softmax and cross-entropy: log(sum(exp(x))) - x[label]. Predicts the largest logit, of equal ones the first.
std::unique_ptr<Loss> MakeSoftmaxCrossEntropy(std::int64_t units);
// Sigmoid and binary cross-entropy of one unit: log(1 + exp(x)) - label * x. Predicts 1 where sigmoid(x) > 0.5.
std::unique_ptr<Loss> MakeSigmoidBinaryCrossEntropy();

// Requires one unit where the loss is binary.
std::unique_ptr<Loss> MakeLoss(model::Loss loss, std::int64_t units);

}  // namespace hpsearch::nn
