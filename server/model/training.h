// How a network is trained, with nothing open in it: read from the `training` section of a document after
// substitution. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "server/model/document.h"
#include "server/model/fault.h"
#include "server/model/metric.h"
#include "server/model/network.h"
#include "server/model/optimizer.h"
#include "server/model/schedule.h"

namespace hpsearch::model {

// What a regression is trained with stands at the end.
enum class Loss { kCrossEntropy, kBinaryCrossEntropy, kMeanSquaredError, kMeanAbsoluteError };

// The most values of a batch on its way through a network, of samples and layers together: 1 GiB of floats, and as
// much again of gradients and of dropout's factors. An epoch's smaller last batch has less than that beside it.
constexpr std::int64_t kMostBatchValues = std::int64_t{1} << 28;

// Which rows validate, and which are kept for the test where the set has no test part: the last; drawn from the
// study's seed; drawn class by class in the classes' proportions. The same for all trials of a study.
enum class ValidationFrom { kLast, kRandom, kStratified };

// What products and convolutions multiply; weights and sums are floats in both.
enum class Precision { kF32, kBf16 };

// The vector instructions that oneDNN's kernels are made of, and so what their bits depend on beside threads.
// Native: the best that the processor has.
enum class InstructionSet { kNative, kAvx2, kAvx512 };

struct Training {
  std::int64_t epochs = 0;
  std::int64_t batch_size = 32;
  std::optional<Loss> loss;     // unset: by the output, see LossFor
  double label_smoothing = 0;   // of the cross-entropies: the share of a label that goes to all classes alike
  std::vector<Metric> metrics;  // beside loss and error; in the enumeration's order, each once
  Optimizer optimizer;
  std::optional<Schedule> schedule;  // unset: the learning rate stays
  double validation_fraction = 1.0 / 6;
  std::optional<ValidationFrom> validation_from;  // unset: by the set's format, CSV kRandom, the others kLast
  Precision precision = Precision::kF32;
  std::int64_t threads = 1;  // that a trial trains on; part of what decides its bits
  InstructionSet instruction_set = InstructionSet::kNative;
  bool operator==(const Training&) const = default;
};

// Faults have paths below "training"; the result is whole only where none were added.
Training ReadTraining(const Node& training, Faults& faults);

// The loss that the training names, else by the output: softmax cross-entropy, sigmoid binary cross-entropy, any
// other mean squared error.
Loss LossFor(const Training& training, const Network& network);
Loss LossFor(ActivationKind output);
Task TaskOf(Loss loss);

// int(n * (1 - fraction)), as in Keras: the rows that are trained on; the rest validate.
std::int64_t TrainingRows(std::int64_t rows, double validation_fraction);

}  // namespace hpsearch::model
