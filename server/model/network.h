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

// One sample's shape without the batch: {784} is flat; an image is {height, width}, of one channel, or {channels,
// height, width}, channels first as image files and data sets have them (CIFAR: {3, 32, 32}). Elements are
// counted, and flattened, in this order, the last axis fastest, as PyTorch does (Keras's images are channels
// last).
using Shape = std::vector<std::int64_t>;
std::int64_t Elements(const Shape& shape);
std::string ToString(const Shape& shape);  // "28x28"

enum class ActivationKind {
  kLinear,
  kRelu,
  kLeakyRelu,  // x < 0 ? alpha x : x                   (Maas et al. 2013)
  kElu,        // x < 0 ? alpha (exp(x) - 1) : x        (Clevert et al. 2016)
  kGelu,       // x Phi(x), Phi by erf                  (Hendrycks and Gimpel 2016)
  kSwish,      // x sigmoid(x)                          (Ramachandran et al. 2017)
  kTanh,
  kSigmoid,
  kSoftplus,  // log(1 + exp(x))
  kSoftmax,
};
// The alpha of an activation that is named without one, that of Keras's function: 0.2 of leaky_relu, 1 of elu, 0
// of those that have none.
double DefaultAlpha(ActivationKind kind);

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
// Rows and columns of a kernel, a window or a step.
struct Extent {
  std::int64_t height = 1;
  std::int64_t width = 1;
  bool operator==(const Extent&) const = default;
};
// Of kernels and windows at the border: `valid` stays within the image; `same` adds zeros round it (to an average:
// nothing), so that there are ceil(src / stride) places, the odd one behind and below (TensorFlow's).
enum class Padding { kValid, kSame };

// Keras Conv2D: dst[f] = activation(sum over channels and kernel of src . kernel[f] + bias[f]), a
// cross-correlation. `groups` divides channels and filters; as many groups as channels make it depthwise.
struct Conv2dLayer {
  std::int64_t filters = 0;
  Extent kernel_size;
  Extent strides;
  Padding padding = Padding::kValid;
  Extent dilation_rate;
  std::int64_t groups = 1;
  ActivationKind activation = ActivationKind::kLinear;
  bool use_bias = true;
  InitializerKind kernel_initializer = InitializerKind::kGlorotUniform;  // fans: kernel extent times channels
  InitializerKind bias_initializer = InitializerKind::kZeros;
  std::optional<double> max_norm;   // over each filter's inputs, after each step
  double l1 = 0, l2 = 0;            // as DenseLayer's
  double learning_rate_factor = 1;  // of kernel and bias; 0: frozen
  bool operator==(const Conv2dLayer&) const = default;
};
enum class PoolingKind { kMax, kAverage };
// Keras MaxPooling2D and AveragePooling2D; strides default to the window.
struct Pooling2dLayer {
  PoolingKind kind = PoolingKind::kMax;
  Extent pool_size = {2, 2};
  Extent strides = {2, 2};
  Padding padding = Padding::kValid;
  bool operator==(const Pooling2dLayer&) const = default;
};
// Keras GlobalAveragePooling2D: each channel's mean.
struct GlobalAveragePooling2dLayer {
  bool operator==(const GlobalAveragePooling2dLayer&) const = default;
};
// Keras BatchNormalization over the channels of an image or the features of a flat sample (Ioffe and Szegedy
// 2015): dst = gamma (src - mean) / sqrt(variance + epsilon) + beta; mean and (biased) variance are the batch's in
// training, outside it running averages: running = momentum * running + (1 - momentum) * the batch's.
struct BatchNormalizationLayer {
  double momentum = 0.99;
  double epsilon = 1e-3;
  bool center = true;     // has beta
  bool scale = true;      // has gamma
  bool trainable = true;  // false: frozen, in training as outside it
  bool operator==(const BatchNormalizationLayer&) const = default;
};
// Keras Dropout, inverted: kept values are divided by 1 - rate; the identity outside training.
struct DropoutLayer {
  double rate = 0;
  bool operator==(const DropoutLayer&) const = default;
};
// Keras Activation, and with an alpha of their own LeakyReLU and ELU.
struct ActivationLayer {
  ActivationKind activation = ActivationKind::kLinear;
  double alpha = DefaultAlpha(activation);
  bool operator==(const ActivationLayer&) const = default;
};
struct FlattenLayer {
  bool operator==(const FlattenLayer&) const = default;
};
// Keras Add: the sum of several layers of one shape.
struct AddLayer {
  bool operator==(const AddLayer&) const = default;
};
// Keras Concatenate: several layers side by side, images along their channels, flat samples along their values.
struct ConcatenateLayer {
  bool operator==(const ConcatenateLayer&) const = default;
};
// Keras SpatialDropout2D (Tompson et al. 2015): inverted dropout of whole channels of an image.
struct SpatialDropout2dLayer {
  double rate = 0;
  bool operator==(const SpatialDropout2dLayer&) const = default;
};
// Keras Reshape: the same values, counted in the same order, in another shape; -1 stands for what is left.
struct ReshapeLayer {
  std::vector<std::int64_t> target_shape;
  bool operator==(const ReshapeLayer&) const = default;
};

using LayerKind = std::variant<DenseLayer, DropoutLayer, ActivationLayer, FlattenLayer, Conv2dLayer,
                               Pooling2dLayer, GlobalAveragePooling2dLayer, BatchNormalizationLayer, AddLayer,
                               ConcatenateLayer, SpatialDropout2dLayer, ReshapeLayer>;

// Whether the layer reads two others or more; else it reads one.
bool ReadsSeveral(const LayerKind& kind);

// Where the network's own input stands among its layers, and its name in a study file.
inline constexpr std::int64_t kNetworkInput = -1;
inline constexpr const char* kNetworkInputName = "input";

struct Layer {
  std::string name;  // as given, else "<kind>_<n>", n counting from 1 within the kind
  LayerKind kind;
  Shape src;  // of its first input
  Shape dst;
  // The layers that it reads, by their places in the network, all before its own; kNetworkInput: the sample.
  // Empty: the one before it, of the first the sample.
  std::vector<std::int64_t> inputs;
  bool operator==(const Layer&) const = default;
};

struct Network {
  Shape src;
  std::vector<Layer>
      layers;  // a graph, in an order in which each stands behind its inputs; the last is the output

  // The inputs of a layer, where none are said too.
  std::vector<std::int64_t> InputsOf(std::size_t layer) const;
  // The activation that the network ends with, kLinear where it ends with none.
  ActivationKind OutputActivation() const;
  std::int64_t OutputUnits() const;
  bool operator==(const Network&) const = default;
};

// The layer of a kind that the rules name, from its canonical arguments, which are all there and fit.
LayerKind ReadLayer(const std::string& kind, const Node& body);

// The network of a substituted `model` section on samples of shape `src`. Faults (paths below "model") go to
// `faults`; the result is whole only where none were added.
Network ReadNetwork(const Node& model, const Shape& src, Faults& faults);

}  // namespace hpsearch::model
