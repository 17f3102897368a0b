// How a network is trained, with nothing open in it: read from the `training` section of a document after
// substitution. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "server/model/document.h"
#include "server/model/fault.h"
#include "server/model/network.h"

namespace hpsearch::model {

enum class Loss { kCrossEntropy, kBinaryCrossEntropy };

// Keras SGD: v = momentum * v - rate * diff; w += v, or with Nesterov w += momentum * v - rate * diff
// (Sutskever et al. 2013).
struct Sgd {
  double learning_rate = 0.01;
  double momentum = 0;
  bool nesterov = false;
  bool operator==(const Sgd&) const = default;
};

// Keras's time-based decay: learning_rate / (1 + rate * step), steps counted from 0 over the whole training.
struct TimeDecay {
  double rate = 0;
  bool operator==(const TimeDecay&) const = default;
};

// The most values of a batch on its way through a network, of samples and layers together: 1 GiB of floats, and as
// much again of gradients and of dropout's factors. An epoch's smaller last batch has less than that beside it.
constexpr std::int64_t kMostBatchValues = std::int64_t{1} << 28;

// Which rows validate, and which are kept for the test where the set has no test part: the last; drawn from the
// study's seed; drawn class by class in the classes' proportions. The same for all trials of a study.
enum class ValidationFrom { kLast, kRandom, kStratified };

struct Training {
  std::int64_t epochs = 0;
  std::int64_t batch_size = 32;
  std::optional<Loss> loss;  // unset: by the output, see LossFor
  Sgd optimizer;
  std::optional<TimeDecay> schedule;
  double validation_fraction = 1.0 / 6;
  std::optional<ValidationFrom> validation_from;  // unset: by the set's format, CSV kRandom, the others kLast
  bool operator==(const Training&) const = default;
};

// Faults have paths below "training"; the result is whole only where none were added.
Training ReadTraining(const Node& training, Faults& faults);

// The loss that the training names, else by the output: softmax cross-entropy, sigmoid binary cross-entropy.
// nullopt: the output has no loss that is there yet (regression).
std::optional<Loss> LossFor(const Training& training, const Network& network);

// int(n * (1 - fraction)), as in Keras: the rows that are trained on; the rest validate.
std::int64_t TrainingRows(std::int64_t rows, double validation_fraction);

}  // namespace hpsearch::model
