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

// What the rows should have given: a label each, of a classification, or rows x units values, of a regression.
struct Targets {
  const std::uint8_t* labels = nullptr;
  const float* values = nullptr;
};

struct LossSum {
  double loss = 0;            // over the rows, natural logarithm
  std::int64_t mistakes = 0;  // rows whose prediction is not the label; 0 of a regression
};

class Loss {
 public:
  virtual ~Loss() = default;
  // `logits` is rows x units. Unless null, diff receives the gradient of the rows' mean loss.
  virtual LossSum Evaluate(const float* logits, const Targets& targets, std::int64_t rows, float* diff) = 0;
};

// Softmax and cross-entropy: log(sum(exp(x))) - sum(t * x), t being 1 at the label and 0 elsewhere; smoothed
// (Szegedy et al., 2016; Keras's label_smoothing s), 1 - s more than the s / units that it is everywhere. Predicts
// the largest logit, of equal ones the first.
std::unique_ptr<Loss> MakeSoftmaxCrossEntropy(std::int64_t units, double label_smoothing = 0);
// Sigmoid and binary cross-entropy of one unit: log(1 + exp(x)) - t * x, t the label, or smoothed
// label * (1 - s) + s / 2. Predicts 1 where sigmoid(x) > 0.5.
std::unique_ptr<Loss> MakeSigmoidBinaryCrossEntropy(double label_smoothing = 0);
// Keras's MeanSquaredError and MeanAbsoluteError of a linear output: a row's loss is the mean over its units of
// (x - y)^2, or of |x - y|, whose gradient is 0 where they are equal.
std::unique_ptr<Loss> MakeMeanSquaredError(std::int64_t units);
std::unique_ptr<Loss> MakeMeanAbsoluteError(std::int64_t units);

// Requires one unit where the loss is binary; label_smoothing in [0, 1), which the regressions pass over.
std::unique_ptr<Loss> MakeLoss(model::Loss loss, std::int64_t units, double label_smoothing = 0);

}  // namespace hpsearch::nn
