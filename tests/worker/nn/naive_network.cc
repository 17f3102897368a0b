#include "tests/worker/nn/naive_network.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "server/model/shapes.h"

namespace hpsearch::nn {
namespace {

using model::ActivationKind;

double Activate(ActivationKind kind, double alpha, double x) {
  switch (kind) {
    case ActivationKind::kRelu:
      return std::max(x, 0.0);
    case ActivationKind::kLeakyRelu:
      return x < 0 ? alpha * x : x;
    case ActivationKind::kElu:
      return x < 0 ? alpha * std::expm1(x) : x;
    case ActivationKind::kGelu:
      return x * 0.5 * std::erfc(-x / std::numbers::sqrt2);
    case ActivationKind::kSwish:
      return x / (1 + std::exp(-x));
    case ActivationKind::kTanh:
      return std::tanh(x);
    case ActivationKind::kSigmoid:
      return 1 / (1 + std::exp(-x));
    case ActivationKind::kSoftplus:
      return std::log1p(std::exp(x));
    case ActivationKind::kLinear:
    case ActivationKind::kSoftmax:
      return x;
  }
  return x;
}

// One walk through the layers; `values` are those of all rows.
struct Walk {
  const NaiveNetwork& naive;
  std::int64_t rows;
  bool training;
  model::Shape shape;
  model::Shape dst;
  Values values;
  std::vector<Values> srcs;  // of a layer that reads several; `values` and `shape` are the first's
  std::vector<model::Shape> shapes;
  std::size_t weight = 0;
  std::size_t statistic = 0;

  std::int64_t Width() const { return model::Elements(shape); }

  void Apply(ActivationKind kind, double alpha) {
    for (double& value : values) value = Activate(kind, alpha, value);
  }

  void operator()(const model::DenseLayer& layer) {
    const Values& kernel = naive.weights[weight++];
    const std::int64_t width = Width();
    Values out(static_cast<std::size_t>(rows * layer.units));
    for (std::int64_t row = 0; row < rows; ++row) {
      for (std::int64_t i = 0; i < width; ++i) {
        for (std::int64_t u = 0; u < layer.units; ++u)
          out[row * layer.units + u] += values[row * width + i] * kernel[i * layer.units + u];
      }
    }
    AddBias(layer.use_bias, layer.units, 1, out);
    values = out;
    Apply(layer.activation, model::DefaultAlpha(layer.activation));
  }

  void AddBias(bool use_bias, std::int64_t units, std::int64_t pixels, Values& out) {
    if (!use_bias) return;
    const Values& bias = naive.weights[weight++];
    for (std::size_t i = 0; i < out.size(); ++i) out[i] += bias[static_cast<std::int64_t>(i) / pixels % units];
  }

  void operator()(const model::Conv2dLayer& layer) {
    const Values& kernel = naive.weights[weight++];
    const model::ImageShape in = *model::ImageOf(shape), out = *model::ImageOf(dst);
    // TensorFlow's padding, from its definition.
    const auto before = [&](std::int64_t size, std::int64_t places, std::int64_t k, std::int64_t stride,
                            std::int64_t rate) {
      if (layer.padding == model::Padding::kValid) return std::int64_t{0};
      return std::max<std::int64_t>((places - 1) * stride + (k - 1) * rate + 1 - size, 0) / 2;
    };
    const auto [kh, kw] = layer.kernel_size;
    const std::int64_t top = before(in.height, out.height, kh, layer.strides.height, layer.dilation_rate.height);
    const std::int64_t left = before(in.width, out.width, kw, layer.strides.width, layer.dilation_rate.width);
    const std::int64_t channels = in.channels / layer.groups, filters = layer.filters / layer.groups;
    Values result(static_cast<std::size_t>(rows * model::Elements(dst)));
    std::size_t at = 0;
    for (std::int64_t row = 0; row < rows; ++row) {
      for (std::int64_t f = 0; f < layer.filters; ++f) {
        for (std::int64_t y = 0; y < out.height; ++y) {
          for (std::int64_t x = 0; x < out.width; ++x, ++at) {
            for (std::int64_t i = 0; i < kh * kw * channels; ++i) {
              const std::int64_t c = f / filters * channels + i % channels;
              const std::int64_t sy =
                  y * layer.strides.height - top + i / channels / kw * layer.dilation_rate.height;
              const std::int64_t sx =
                  x * layer.strides.width - left + i / channels % kw * layer.dilation_rate.width;
              if (sy < 0 || sy >= in.height || sx < 0 || sx >= in.width) continue;
              result[at] += values[((row * in.channels + c) * in.height + sy) * in.width + sx] *
                            kernel[i * layer.filters + f];
            }
          }
        }
      }
    }
    AddBias(layer.use_bias, layer.filters, out.height * out.width, result);
    values = result;
    Apply(layer.activation, model::DefaultAlpha(layer.activation));
  }

  void operator()(const model::Pooling2dLayer& layer) {
    const model::ImageShape in = *model::ImageOf(shape), out = *model::ImageOf(dst);
    const auto before = [&](std::int64_t size, std::int64_t places, std::int64_t k, std::int64_t stride) {
      if (layer.padding == model::Padding::kValid) return std::int64_t{0};
      return std::max<std::int64_t>((places - 1) * stride + k - size, 0) / 2;
    };
    const std::int64_t top = before(in.height, out.height, layer.pool_size.height, layer.strides.height);
    const std::int64_t left = before(in.width, out.width, layer.pool_size.width, layer.strides.width);
    Values result;
    for (std::int64_t plane = 0; plane < rows * in.channels; ++plane) {
      for (std::int64_t y = 0; y < out.height; ++y) {
        for (std::int64_t x = 0; x < out.width; ++x) {
          Values window;
          for (std::int64_t i = 0; i < layer.pool_size.height * layer.pool_size.width; ++i) {
            const std::int64_t sy = y * layer.strides.height - top + i / layer.pool_size.width;
            const std::int64_t sx = x * layer.strides.width - left + i % layer.pool_size.width;
            if (sy < 0 || sy >= in.height || sx < 0 || sx >= in.width) continue;
            window.push_back(values[(plane * in.height + sy) * in.width + sx]);
          }
          double sum = 0;
          for (const double value : window) sum += value;
          result.push_back(layer.kind == model::PoolingKind::kMax ? *std::ranges::max_element(window)
                                                                  : sum / static_cast<double>(window.size()));
        }
      }
    }
    values = result;
  }

  void operator()(const model::GlobalAveragePooling2dLayer& /*layer*/) {
    const model::ImageShape in = *model::ImageOf(shape);
    const std::int64_t pixels = in.height * in.width;
    Values result(static_cast<std::size_t>(rows * in.channels));
    for (std::size_t i = 0; i < values.size(); ++i) result[i / pixels] += values[i] / static_cast<double>(pixels);
    values = result;
  }

  void operator()(const model::BatchNormalizationLayer& layer) {
    const std::int64_t channels = shape.size() == 1 ? shape[0] : model::ImageOf(shape)->channels;
    const std::int64_t pixels = Width() / channels;
    const auto channel = [&](std::size_t i) { return static_cast<std::int64_t>(i) / pixels % channels; };
    Values mean = naive.statistics[statistic++], variance = naive.statistics[statistic++];
    if (training && layer.trainable) {
      const auto count = static_cast<double>(rows * pixels);
      std::ranges::fill(mean, 0.0);
      std::ranges::fill(variance, 0.0);
      for (std::size_t i = 0; i < values.size(); ++i) mean[channel(i)] += values[i] / count;
      for (std::size_t i = 0; i < values.size(); ++i)
        variance[channel(i)] += std::pow(values[i] - mean[channel(i)], 2) / count;
    }
    const Values ones(static_cast<std::size_t>(channels), 1.0), zeros(static_cast<std::size_t>(channels));
    const Values& gamma = layer.trainable && layer.scale ? naive.weights[weight++] : ones;
    const Values& beta = layer.trainable && layer.center ? naive.weights[weight++] : zeros;
    for (std::size_t i = 0; i < values.size(); ++i) {
      const std::int64_t c = channel(i);
      values[i] = gamma[c] * (values[i] - mean[c]) / std::sqrt(variance[c] + layer.epsilon) + beta[c];
    }
  }

  void operator()(const model::ActivationLayer& layer) { Apply(layer.activation, layer.alpha); }
  void operator()(const model::DropoutLayer& /*layer*/) {}
  void operator()(const model::SpatialDropout2dLayer& /*layer*/) {}
  void operator()(const model::FlattenLayer& /*layer*/) {}
  void operator()(const model::ReshapeLayer& /*layer*/) {}

  void operator()(const model::AddLayer& /*layer*/) {
    for (std::size_t src = 1; src < srcs.size(); ++src) {
      for (std::size_t i = 0; i < values.size(); ++i) values[i] += srcs[src][i];
    }
  }
  // Channels first, the first axis is the one along which they stand side by side.
  void operator()(const model::ConcatenateLayer& /*layer*/) {
    values.clear();
    for (std::int64_t row = 0; row < rows; ++row) {
      for (std::size_t src = 0; src < srcs.size(); ++src) {
        const std::int64_t width = model::Elements(shapes[src]);
        const auto begin = srcs[src].begin() + row * width;
        values.insert(values.end(), begin, begin + width);
      }
    }
  }
};

}  // namespace

Values NaiveNetwork::Forward(const Values& src, std::int64_t rows, bool training) const {
  Walk walk = {.naive = *this, .rows = rows, .training = training};
  model::ShapeFault none;
  std::vector<Values> made = {src};  // behind the sample, then behind each layer
  std::vector<model::Shape> shapes = {network.src};
  for (std::size_t i = 0; i < network.layers.size(); ++i) {
    walk.srcs.clear();
    walk.shapes.clear();
    for (const std::int64_t input : network.InputsOf(i)) {
      walk.srcs.push_back(made[static_cast<std::size_t>(input + 1)]);
      walk.shapes.push_back(shapes[static_cast<std::size_t>(input + 1)]);
    }
    walk.values = walk.srcs.front();
    walk.shape = walk.shapes.front();
    walk.dst = *model::DstShape(network.layers[i].kind, walk.shapes, none);
    std::visit([&walk](const auto& layer) { walk(layer); }, network.layers[i].kind);
    made.push_back(walk.values);
    shapes.push_back(walk.dst);
  }
  return made.back();
}

double NaiveNetwork::Loss(const Values& src, const std::vector<std::uint8_t>& labels) const {
  const auto rows = static_cast<std::int64_t>(labels.size());
  const Values logits = Forward(src, rows, true);
  const std::int64_t units = static_cast<std::int64_t>(logits.size()) / rows;
  double loss = 0;
  for (std::int64_t row = 0; row < rows; ++row) {
    const double largest = *std::max_element(&logits[row * units], &logits[row * units] + units);
    double sum = 0;
    for (std::int64_t u = 0; u < units; ++u) sum += std::exp(logits[row * units + u] - largest);
    loss += std::log(sum) + largest - logits[row * units + labels[row]];
  }
  return loss / static_cast<double>(rows);
}

}  // namespace hpsearch::nn
