#include "tests/worker/train/naive_trainer.h"

#include <Random123/philox.h>

#include <algorithm>
#include <cmath>

#include "worker/nn/initializer.h"

namespace hpsearch::train {
namespace {

using model::ActivationKind;

// Word `index` of the stream (seed, replicate, purpose, layer) at (epoch, step), sixteen blocks interleaved.
std::uint32_t Word(const TrialSetup& setup, std::uint32_t purpose, std::int64_t layer, std::int64_t epoch,
                   std::int64_t step, std::uint64_t index) {
  const auto low = [](std::int64_t value) { return static_cast<std::uint32_t>(value & 0xffffffff); };
  r123::Philox4x32 philox;
  const auto name =
      philox({{low(setup.seed), low(setup.seed >> 32), low(setup.replicate), low(setup.replicate >> 32)}},
             {{purpose, low(layer)}});
  const std::uint64_t bundle = index / 64;
  const std::uint64_t word = index % 64 / 16;
  const std::uint64_t lane = index % 16;
  return philox({{static_cast<std::uint32_t>(bundle * 16 + lane), low(step), low(epoch), 0}},
                {{name[0], name[1]}})[word];
}

double Activate(ActivationKind kind, double x) {
  switch (kind) {
    case ActivationKind::kRelu:
      return std::max(x, 0.0);
    case ActivationKind::kTanh:
      return std::tanh(x);
    case ActivationKind::kSigmoid:
      return 1 / (1 + std::exp(-x));
    default:
      return x;
  }
}

double Derivative(ActivationKind kind, double y) {
  switch (kind) {
    case ActivationKind::kRelu:
      return y > 0 ? 1 : 0;
    case ActivationKind::kTanh:
      return 1 - y * y;
    case ActivationKind::kSigmoid:
      return y * (1 - y);
    default:
      return 1;
  }
}

}  // namespace

NaiveTrainer::NaiveTrainer(const TrialSetup& setup) : setup_(setup) {
  std::int64_t width = model::Elements(setup.network.src);
  for (std::size_t place = 0; place < setup.network.layers.size(); ++place) {
    Layer layer = {.place = static_cast<std::int64_t>(place)};
    const auto& kind = setup.network.layers[place].kind;
    if (const auto* dropout = std::get_if<model::DropoutLayer>(&kind)) layer.dropout = dropout->rate;
    if (const auto* activation = std::get_if<model::ActivationLayer>(&kind))
      layer.activation = activation->activation;
    if (const auto* dense = std::get_if<model::DenseLayer>(&kind)) {
      layer.dense = true;
      layer.use_bias = dense->use_bias;
      layer.activation = dense->activation;
      layer.max_norm = dense->max_norm.value_or(0);
      std::vector<float> drawn(static_cast<std::size_t>(width * dense->units));
      const nn::RandomSource source = {setup.seed, setup.replicate};
      nn::Initialize(dense->kernel_initializer, width, dense->units,
                     nn::RandomStream(source, nn::Purpose::kInitialWeights, layer.place), drawn);
      for (std::int64_t i = 0; i < width; ++i) {
        layer.kernel.emplace_back(drawn.begin() + i * dense->units, drawn.begin() + (i + 1) * dense->units);
      }
      layer.kernel_velocity =
          Matrix(layer.kernel.size(), std::vector<double>(static_cast<std::size_t>(dense->units)));
      layer.bias.resize(static_cast<std::size_t>(dense->units));
      layer.bias_velocity = layer.bias;
      width = dense->units;
    }
    layers_.push_back(std::move(layer));
  }
}

NaiveTrainer::Matrix NaiveTrainer::Forward(const std::vector<std::uint32_t>& rows, bool training) {
  Matrix x;
  const std::int64_t width = model::Elements(setup_.network.src);
  for (const std::uint32_t row : rows) {
    const std::uint8_t* bytes = setup_.split.dataset->train.features.data() + row * width;
    x.emplace_back();
    for (std::int64_t i = 0; i < width; ++i) x.back().push_back(bytes[i] / 255.0);
  }
  for (Layer& layer : layers_) {
    layer.src = x;
    if (layer.dense) {
      Matrix product(x.size(), layer.bias);
      for (std::size_t row = 0; row < x.size(); ++row) {
        for (std::size_t i = 0; i < layer.kernel.size(); ++i) {
          for (std::size_t unit = 0; unit < layer.bias.size(); ++unit)
            product[row][unit] += x[row][i] * layer.kernel[i][unit];
        }
      }
      x = product;
    }
    if (layer.dropout >= 0 && training) {
      layer.factor = x;
      std::uint64_t index = 0;
      for (auto& row : layer.factor) {
        for (double& each : row) {
          const std::uint32_t word = Word(setup_, 4, layer.place, epoch_, step_, index / 2);
          const std::uint32_t decision = index % 2 == 0 ? word & 0xffff : word >> 16;
          each = decision >= std::round(layer.dropout * 65536) ? 1 / (1 - layer.dropout) : 0;
          ++index;
        }
      }
      for (std::size_t row = 0; row < x.size(); ++row) {
        for (std::size_t i = 0; i < x[row].size(); ++i) x[row][i] *= layer.factor[row][i];
      }
    }
    if (&layer != &layers_.back()) {
      for (auto& row : x) {
        for (double& each : row) each = Activate(layer.activation, each);
      }
    }
    layer.dst = x;
  }
  return x;
}

double NaiveTrainer::Evaluate(const std::vector<std::uint32_t>& rows, const Matrix& output, std::int64_t& mistakes,
                              Matrix& diff) {
  double loss = 0;
  diff = output;
  for (std::size_t row = 0; row < rows.size(); ++row) {
    const std::size_t label = setup_.split.label_map[setup_.split.dataset->train.labels[rows[row]]];
    const std::vector<double>& x = output[row];
    if (layers_.back().activation == ActivationKind::kSigmoid) {
      const double p = 1 / (1 + std::exp(-x[0]));
      loss -= std::log(label == 1 ? p : 1 - p);
      mistakes += (p > 0.5) != (label == 1);
      diff[row][0] = (p - static_cast<double>(label)) / static_cast<double>(rows.size());
      continue;
    }
    double sum = 0;
    for (const double each : x) sum += std::exp(each);
    loss -= std::log(std::exp(x[label]) / sum);
    mistakes += std::ranges::max_element(x) - x.begin() != static_cast<std::ptrdiff_t>(label);
    for (std::size_t unit = 0; unit < x.size(); ++unit) {
      diff[row][unit] = (std::exp(x[unit]) / sum - (unit == label ? 1 : 0)) / static_cast<double>(rows.size());
    }
  }
  return loss;
}

void NaiveTrainer::Descend(double& weight, double& velocity, double gradient, double rate) const {
  const model::Sgd& rule = setup_.training.optimizer;
  velocity = rule.momentum * velocity - rate * gradient;
  weight += rule.nesterov ? rule.momentum * velocity - rate * gradient : velocity;
}

void NaiveTrainer::BackwardAndUpdate(Matrix diff) {
  double rate = setup_.training.optimizer.learning_rate;
  if (setup_.training.schedule) rate /= 1 + setup_.training.schedule->rate * static_cast<double>(step_);
  for (auto layer = layers_.rbegin(); layer != layers_.rend(); ++layer) {
    for (std::size_t row = 0; row < diff.size(); ++row) {
      for (std::size_t i = 0; i < diff[row].size(); ++i) {
        if (layer != layers_.rbegin()) diff[row][i] *= Derivative(layer->activation, layer->dst[row][i]);
        if (layer->dropout >= 0) diff[row][i] *= layer->factor[row][i];
      }
    }
    if (!layer->dense) continue;
    Matrix diff_src(diff.size(), std::vector<double>(layer->kernel.size()));
    Matrix gradient(layer->kernel.size(), std::vector<double>(layer->bias.size()));
    std::vector<double> bias_gradient(layer->bias.size());
    for (std::size_t row = 0; row < diff.size(); ++row) {
      for (std::size_t unit = 0; unit < layer->bias.size(); ++unit) {
        bias_gradient[unit] += diff[row][unit];
        for (std::size_t i = 0; i < layer->kernel.size(); ++i) {
          diff_src[row][i] += diff[row][unit] * layer->kernel[i][unit];
          gradient[i][unit] += diff[row][unit] * layer->src[row][i];
        }
      }
    }
    for (std::size_t unit = 0; unit < layer->bias.size(); ++unit) {
      if (layer->use_bias) Descend(layer->bias[unit], layer->bias_velocity[unit], bias_gradient[unit], rate);
      double norm = 0;
      for (std::size_t i = 0; i < layer->kernel.size(); ++i) {
        Descend(layer->kernel[i][unit], layer->kernel_velocity[i][unit], gradient[i][unit], rate);
        norm += layer->kernel[i][unit] * layer->kernel[i][unit];
      }
      norm = std::sqrt(norm);
      if (layer->max_norm == 0) continue;
      for (auto& inputs : layer->kernel) inputs[unit] *= std::min(norm, layer->max_norm) / (norm + 1e-7);
    }
    diff = diff_src;
  }
}

std::vector<std::uint32_t> NaiveTrainer::Shuffled() const {
  std::vector<std::uint32_t> order = setup_.split.training;
  std::uint64_t next = 0;
  for (std::size_t last = order.size(); last > 1; --last) {
    // A draw below `last` from a word: its share of 2^32, but for the words that are one too many.
    for (;;) {
      const std::uint64_t product = std::uint64_t{Word(setup_, 3, 0, epoch_, 0, next++)} * last;
      if ((product & 0xffffffff) < (std::uint64_t{1} << 32) % last) continue;
      std::swap(order[last - 1], order[product >> 32]);
      break;
    }
  }
  return order;
}

EpochResult NaiveTrainer::NextEpoch() {
  ++epoch_;
  EpochResult result = {.epoch = epoch_};
  const std::vector<std::uint32_t> order = Shuffled();
  const auto batch_size = static_cast<std::size_t>(setup_.training.batch_size);
  std::int64_t mistakes = 0;
  Matrix diff;
  for (std::size_t begin = 0; begin < order.size(); begin += batch_size, ++step_) {
    const std::vector<std::uint32_t> rows(
        order.begin() + static_cast<std::ptrdiff_t>(begin),
        order.begin() + static_cast<std::ptrdiff_t>(std::min(begin + batch_size, order.size())));
    result.train_loss += Evaluate(rows, Forward(rows, true), mistakes, diff);
    BackwardAndUpdate(diff);
  }
  const auto rows = static_cast<double>(order.size());
  result.train_loss /= rows;
  result.train_error = static_cast<double>(mistakes) / rows;
  mistakes = 0;
  const std::vector<std::uint32_t>& held_out = setup_.split.validation;
  result.validation_loss =
      Evaluate(held_out, Forward(held_out, false), mistakes, diff) / static_cast<double>(held_out.size());
  result.validation_error = static_cast<double>(mistakes) / static_cast<double>(held_out.size());
  return result;
}

}  // namespace hpsearch::train
