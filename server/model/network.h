// A network with nothing open in it: typed layers with their shapes, as the trainer builds and the model plot
// draws them. Read from the `model` section of a document after substitution. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "server/model/document.h"
#include "server/model/fault.h"

namespace hpsearch::model {

// One sample's shape without the batch: {28, 28} for Fashion-MNIST, {784} after flatten.
using Shape = std::vector<std::int64_t>;
std::int64_t Elements(const Shape& shape);
std::string ToString(const Shape& shape);  // "28x28"

enum class ActivationKind { kLinear, kRelu, kTanh, kSigmoid, kSoftmax };
enum class InitializerKind {
  kNormal,         // N(0, 0.05^2), Keras RandomNormal
  kUniform,        // U(-0.05, 0.05), Keras RandomUniform
  kGlorotUniform,  // U(-l, l), l = sqrt(6 / (fan_in + fan_out))  (Glorot and Bengio 2010)
  kGlorotNormal,   // truncated at two deviations, variance 2 / (fan_in + fan_out)
  kHeUniform,      // U(-l, l), l = sqrt(6 / fan_in)  (He et al. 2015)
  kHeNormal,       // truncated at two deviations, variance 2 / fan_in
  kZeros,
  kOnes,
};

// Keras Dense: dst = activation(src . kernel + bias); flattens its input.
struct DenseLayer {
  std::int64_t units = 0;
  ActivationKind activation = ActivationKind::kLinear;
  bool use_bias = true;
  InitializerKind kernel_initializer = InitializerKind::kGlorotUniform;
  InitializerKind bias_initializer = InitializerKind::kZeros;
  std::optional<double> max_norm;   // Keras MaxNorm over each unit's inputs, after each step
  double l1 = 0, l2 = 0;            // Keras L1L2: l1 * sum |w| + l2 * sum w^2 of the kernel, added to the loss
  double learning_rate_factor = 1;  // of kernel and bias; 0: frozen
  bool operator==(const DenseLayer&) const = default;
};
// Keras Dropout, inverted: kept values are divided by 1 - rate; the identity outside training.
struct DropoutLayer {
  double rate = 0;
  bool operator==(const DropoutLayer&) const = default;
};
struct ActivationLayer {
  ActivationKind activation = ActivationKind::kLinear;
  bool operator==(const ActivationLayer&) const = default;
};
struct FlattenLayer {
  bool operator==(const FlattenLayer&) const = default;
};

struct Layer {
  std::string name;  // as given, else "<kind>_<n>", n counting from 1 within the kind
  std::variant<DenseLayer, DropoutLayer, ActivationLayer, FlattenLayer> kind;
  Shape src;
  Shape dst;
  bool operator==(const Layer&) const = default;
};

struct Network {
  Shape src;
  std::vector<Layer> layers;  // a chain

  // The activation that the network ends with, kLinear where it ends with none.
  ActivationKind OutputActivation() const;
  std::int64_t OutputUnits() const;
  bool operator==(const Network&) const = default;
};

// The network of a substituted `model` section on samples of shape `src`. Faults (paths below "model") go to
// `faults`; the result is whole only where none were added.
Network ReadNetwork(const Node& model, const Shape& src, Faults& faults);

}  // namespace hpsearch::model
