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
  plateau_.learning_rate = setup.training.optimizer.learning_rate;
  const auto rows = static_cast<std::int64_t>(setup.split.training.size());
  steps_per_epoch_ = (rows + setup.training.batch_size - 1) / setup.training.batch_size;
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
      layer.kernel.resize(static_cast<std::size_t>(width));
      for (std::size_t i = 0; i < drawn.size(); ++i) {
        layer.kernel[i / static_cast<std::size_t>(dense->units)].push_back({.value = drawn[i]});
      }
      layer.bias.resize(static_cast<std::size_t>(dense->units));
      layer.l1 = dense->l1;
      layer.l2 = dense->l2;
      layer.rate_factor = dense->learning_rate_factor;
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
      Matrix product(x.size());
      for (std::size_t row = 0; row < x.size(); ++row) {
        for (const optim::NaiveWeight& bias : layer.bias) product[row].push_back(bias.value);
        for (std::size_t i = 0; i < layer.kernel.size(); ++i) {
          for (std::size_t unit = 0; unit < layer.bias.size(); ++unit)
            product[row][unit] += x[row][i] * layer.kernel[i][unit].value;
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
    if (&layer != &layers_.back() || regression()) {
      for (auto& row : x) {
        for (double& each : row) each = Activate(layer.activation, each);
      }
    }
    layer.dst = x;
  }
  return x;
}

double NaiveTrainer::Evaluate(const std::vector<std::uint32_t>& rows, const Matrix& output, Tally& tally,
                              Matrix& diff) {
  double loss = 0;
  diff = output;
  tally.rows += static_cast<double>(rows.size());
  for (std::size_t row = 0; regression() && row < rows.size(); ++row) {
    const double target = setup_.split.dataset->train.targets[rows[row]];
    const double off = output[row][0] - target;
    const bool squared = setup_.training.loss != model::Loss::kMeanAbsoluteError;
    loss += squared ? off * off : std::abs(off);
    diff[row][0] = (squared ? 2 * off : off > 0 ? 1 : off < 0 ? -1 : 0) / static_cast<double>(rows.size());
    tally.absolute += std::abs(off);
    tally.squared += off * off;
    tally.sum += target;
    tally.sum_of_squares += target * target;
  }
  if (regression()) return loss;
  const double smoothing = setup_.training.label_smoothing;
  for (std::size_t row = 0; row < rows.size(); ++row) {
    const std::size_t label = setup_.split.label_map[setup_.split.dataset->train.labels[rows[row]]];
    const std::vector<double>& x = output[row];
    if (layers_.back().activation == ActivationKind::kSigmoid) {
      const double p = 1 / (1 + std::exp(-x[0]));
      const double target = (1 - smoothing) * static_cast<double>(label) + smoothing / 2;
      loss -= target * std::log(p) + (1 - target) * std::log(1 - p);
      tally.mistakes += (p > 0.5) != (label == 1);
      diff[row][0] = (p - target) / static_cast<double>(rows.size());
      continue;
    }
    double sum = 0;
    for (const double each : x) sum += std::exp(each);
    tally.mistakes += std::ranges::max_element(x) - x.begin() != static_cast<std::ptrdiff_t>(label);
    tally.beyond_top5 += std::ranges::count_if(x, [&](double each) { return each > x[label]; }) >= 5;
    for (std::size_t unit = 0; unit < x.size(); ++unit) {
      const double target = (unit == label ? 1 - smoothing : 0) + smoothing / static_cast<double>(x.size());
      loss -= target * std::log(std::exp(x[unit]) / sum);
      diff[row][unit] = (std::exp(x[unit]) / sum - target) / static_cast<double>(rows.size());
    }
  }
  return loss;
}

double NaiveTrainer::Penalties() const {
  double sum = 0;
  for (const Layer& layer : layers_) {
    if (layer.rate_factor == 0) continue;
    for (const auto& inputs : layer.kernel) {
      for (const auto& weight : inputs) {
        sum += layer.l1 * std::abs(weight.value) + layer.l2 * weight.value * weight.value;
      }
    }
  }
  return sum;
}

double NaiveTrainer::Rate() const {
  const double rate = plateau_.learning_rate;
  if (!setup_.training.schedule) return rate;
  const auto step = static_cast<double>(step_);
  if (const auto* decay = std::get_if<model::TimeDecay>(&*setup_.training.schedule)) {
    return rate / (1 + decay->rate * step);
  }
  if (const auto* cosine = std::get_if<model::CosineDecay>(&*setup_.training.schedule)) {
    const auto per_epoch = static_cast<double>(steps_per_epoch_);
    const double warmup = static_cast<double>(cosine->warmup_epochs) * per_epoch;
    const double end = static_cast<double>(cosine->epochs.value_or(setup_.training.epochs)) * per_epoch;
    if (step < warmup) return rate * step / warmup;
    const double angle = std::acos(-1.0) * std::min((step - warmup) / (end - warmup), 1.0);
    return rate * ((1 - cosine->final_factor) * (1 + std::cos(angle)) / 2 + cosine->final_factor);
  }
  return rate;
}

void NaiveTrainer::Backward(Matrix diff) {
  for (auto layer = layers_.rbegin(); layer != layers_.rend(); ++layer) {
    for (std::size_t row = 0; row < diff.size(); ++row) {
      for (std::size_t i = 0; i < diff[row].size(); ++i) {
        if (layer != layers_.rbegin() || regression())
          diff[row][i] *= Derivative(layer->activation, layer->dst[row][i]);
        if (layer->dropout >= 0) diff[row][i] *= layer->factor[row][i];
      }
    }
    if (!layer->dense) continue;
    Matrix diff_src(diff.size(), std::vector<double>(layer->kernel.size()));
    layer->gradient.assign(layer->kernel.size(), std::vector<double>(layer->bias.size()));
    layer->bias_gradient.assign(layer->bias.size(), 0);
    for (std::size_t row = 0; row < diff.size(); ++row) {
      for (std::size_t unit = 0; unit < layer->bias.size(); ++unit) {
        layer->bias_gradient[unit] += diff[row][unit];
        for (std::size_t i = 0; i < layer->kernel.size(); ++i) {
          diff_src[row][i] += diff[row][unit] * layer->kernel[i][unit].value;
          layer->gradient[i][unit] += diff[row][unit] * layer->src[row][i];
        }
      }
    }
    for (std::size_t i = 0; i < layer->kernel.size(); ++i) {
      for (std::size_t unit = 0; unit < layer->bias.size(); ++unit) {
        const double w = layer->kernel[i][unit].value;
        layer->gradient[i][unit] += layer->l1 * (w > 0 ? 1 : w < 0 ? -1 : 0) + 2 * layer->l2 * w;
      }
    }
    diff = diff_src;
  }
}

void NaiveTrainer::Clip() {
  const model::Clipping& clipping = setup_.training.optimizer.clipping;
  std::vector<std::vector<double*>> variables;
  for (Layer& layer : layers_) {
    if (!layer.dense || layer.rate_factor == 0) continue;
    variables.emplace_back();
    for (auto& inputs : layer.gradient) {
      for (double& each : inputs) variables.back().push_back(&each);
    }
    if (!layer.use_bias) continue;
    variables.emplace_back();
    for (double& each : layer.bias_gradient) variables.back().push_back(&each);
  }
  double all = 0;
  for (const auto& variable : variables) {
    double squares = 0;
    for (const double* each : variable) squares += *each * *each;
    all += squares;
    for (double* each : variable) {
      if (clipping.clipnorm) *each *= std::min(1.0, *clipping.clipnorm / std::sqrt(squares));
      if (clipping.clipvalue) *each = std::clamp(*each, -*clipping.clipvalue, *clipping.clipvalue);
    }
  }
  if (!clipping.global_clipnorm) return;
  for (const auto& variable : variables) {
    for (double* each : variable) *each *= std::min(1.0, *clipping.global_clipnorm / std::sqrt(all));
  }
}

void NaiveTrainer::Update() {
  for (Layer& layer : layers_) {
    if (!layer.dense || layer.rate_factor == 0) continue;
    const auto update = [&](optim::NaiveWeight& weight, double gradient) {
      optim::NaiveUpdate(setup_.training.optimizer, Rate() * layer.rate_factor, step_ + 1, gradient, weight);
    };
    for (std::size_t unit = 0; unit < layer.bias.size(); ++unit) {
      if (layer.use_bias) update(layer.bias[unit], layer.bias_gradient[unit]);
      double norm = 0;
      for (std::size_t i = 0; i < layer.kernel.size(); ++i) {
        update(layer.kernel[i][unit], layer.gradient[i][unit]);
        norm += layer.kernel[i][unit].value * layer.kernel[i][unit].value;
      }
      norm = std::sqrt(norm);
      if (layer.max_norm == 0) continue;
      for (auto& inputs : layer.kernel) inputs[unit].value *= std::min(norm, layer.max_norm) / (norm + 1e-7);
    }
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

std::vector<double> NaiveTrainer::MetricsOf(const Tally& tally) const {
  std::vector<double> values;
  for (const model::Metric metric : setup_.training.metrics) {
    switch (metric) {
      case model::Metric::kAccuracy:
        values.push_back(1 - tally.mistakes / tally.rows);
        break;
      case model::Metric::kTop5Error:
        values.push_back(tally.beyond_top5 / tally.rows);
        break;
      case model::Metric::kMae:
        values.push_back(tally.absolute / tally.rows);
        break;
      case model::Metric::kRmse:
        values.push_back(std::sqrt(tally.squared / tally.rows));
        break;
      case model::Metric::kR2:
        values.push_back(1 - tally.squared / (tally.sum_of_squares - tally.sum * tally.sum / tally.rows));
        break;
    }
  }
  return values;
}

double NaiveTrainer::ErrorOf(const Tally& tally) const {
  return regression() ? std::nan("") : tally.mistakes / tally.rows;
}

double NaiveTrainer::NormOf(bool gradients) const {
  double squares = 0;
  for (const Layer& layer : layers_) {
    if (!layer.dense || layer.rate_factor == 0) continue;
    for (std::size_t unit = 0; unit < layer.bias.size(); ++unit) {
      const double bias = gradients ? layer.bias_gradient[unit] : layer.bias[unit].value;
      if (layer.use_bias) squares += bias * bias;
      for (std::size_t i = 0; i < layer.kernel.size(); ++i) {
        const double weight = gradients ? layer.gradient[i][unit] : layer.kernel[i][unit].value;
        squares += weight * weight;
      }
    }
  }
  return std::sqrt(squares);
}

EpochResult NaiveTrainer::NextEpoch() {
  ++epoch_;
  EpochResult result = {.epoch = epoch_};
  const std::vector<std::uint32_t> order = Shuffled();
  const auto batch_size = static_cast<std::size_t>(setup_.training.batch_size);
  Tally tally;
  Matrix diff;
  for (std::size_t begin = 0; begin < order.size(); begin += batch_size, ++step_) {
    const std::vector<std::uint32_t> rows(
        order.begin() + static_cast<std::ptrdiff_t>(begin),
        order.begin() + static_cast<std::ptrdiff_t>(std::min(begin + batch_size, order.size())));
    result.train_loss +=
        Evaluate(rows, Forward(rows, true), tally, diff) + Penalties() * static_cast<double>(rows.size());
    result.learning_rate = Rate();
    Backward(diff);
    result.gradient_norm = NormOf(/*gradients=*/true);
    Clip();
    Update();
  }
  const auto rows = static_cast<double>(order.size());
  result.train_loss /= rows;
  result.train_error = ErrorOf(tally);
  result.train_metrics = MetricsOf(tally);
  result.weight_norm = NormOf(/*gradients=*/false);
  tally = {};
  const std::vector<std::uint32_t>& held_out = setup_.split.validation;
  result.validation_loss =
      Evaluate(held_out, Forward(held_out, false), tally, diff) / static_cast<double>(held_out.size()) +
      Penalties();
  result.validation_error = ErrorOf(tally);
  result.validation_metrics = MetricsOf(tally);
  if (setup_.training.schedule) {
    const auto* rule = std::get_if<model::ReduceOnPlateau>(&*setup_.training.schedule);
    if (rule != nullptr) plateau_ = optim::AfterEpoch(*rule, plateau_, result.validation_loss);
  }
  return result;
}

}  // namespace hpsearch::train
