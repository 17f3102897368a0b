#include "worker/nn/roofline.h"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <limits>
#include <utility>
#include <variant>
#include <vector>

#include "absl/strings/str_cat.h"
#include "worker/nn/convolution_ways.h"
#include "worker/nn/floats.h"
#include "worker/nn/initializer.h"
#include "worker/nn/primitive.h"
#include "worker/nn/product_ways.h"

namespace hpsearch::nn {
namespace {

// How often each way of a product is timed; the least time counts, which a busy neighbour does not touch.
constexpr int kTrials = 15;

absl::Status FromLibrary(const dnnl::error& error) {
  return absl::InternalError(
      absl::StrCat("oneDNN: ", error.what(), " (status ", static_cast<int>(error.status), ")"));
}

// The products of a step, in its order, over tensors that are numbered as they come up.
struct StepProducts {
  TensorId tensors = 0;
  std::vector<Product> products;
};

// Walks the network and notes what each layer runs, forward and backward.
class Walk {
 public:
  explicit Walk(std::int64_t rows) : rows_(rows), src_(Fresh()) {}

  absl::Status Take(const model::Layer& layer) {
    if (const auto* dense = std::get_if<model::DenseLayer>(&layer.kind)) {
      Dense(*dense, layer);
    } else if (const auto* conv = std::get_if<model::Conv2dLayer>(&layer.kind)) {
      Convolution(*conv, layer);
    } else if (const auto* pooling = std::get_if<model::Pooling2dLayer>(&layer.kind)) {
      Pooling(*pooling, layer);
    } else if (std::holds_alternative<model::DropoutLayer>(layer.kind) ||
               std::holds_alternative<model::ActivationLayer>(layer.kind)) {
      src_ = Fresh();  // these write a tensor of their own; gradients go back in place
    } else if (!std::holds_alternative<model::FlattenLayer>(layer.kind)) {
      return absl::UnimplementedError(
          absl::StrCat("what limits layer '", layer.name, "' is not known yet by this version"));
    }
    return absl::OkStatus();
  }

  // All of the step: what was noted backward runs last layer first.
  StepProducts Finish() {
    std::ranges::move(backward_.rbegin(), backward_.rend(), std::back_inserter(step_.products));
    return std::move(step_);
  }

 private:
  TensorId Fresh() { return step_.tensors++; }

  // The next layer reads what this one writes, and hands its gradient back there.
  void Next(TensorId dst, TensorId diff_dst) {
    src_ = dst;
    diff_src_ = diff_dst;
  }

  void Dense(const model::DenseLayer& spec, const model::Layer& layer) {
    DenseTensors at = {.rows = rows_, .inputs = model::Elements(layer.src), .units = spec.units};
    at.src = src_;
    at.diff_src = diff_src_;
    for (TensorId* fresh : {&at.kernel, &at.dst, &at.gradient, &at.diff_dst}) *fresh = Fresh();
    step_.products.push_back(DenseForward(at));
    if (trains_) backward_.push_back(DenseBackwardData(at));
    backward_.push_back(DenseBackwardWeights(at));
    trains_ = true;
    Next(at.dst, at.diff_dst);
  }

  void Convolution(const model::Conv2dLayer& spec, const model::Layer& layer) {
    ConvolutionTensors at = {
        .rows = rows_, .src_shape = *model::ImageOf(layer.src), .dst_shape = *model::ImageOf(layer.dst)};
    at.src = src_;
    at.diff_src = diff_src_;
    for (TensorId* fresh : {&at.kernel, &at.dst, &at.gradient, &at.diff_dst}) *fresh = Fresh();
    step_.products.push_back(ConvolutionForward(spec, at));
    if (trains_) backward_.push_back(ConvolutionBackwardData(spec, at));
    backward_.push_back(ConvolutionBackwardWeights(spec, at));
    trains_ = true;
    Next(at.dst, at.diff_dst);
  }

  void Pooling(const model::Pooling2dLayer& spec, const model::Layer& layer) {
    PoolingTensors at = {
        .rows = rows_, .src_shape = *model::ImageOf(layer.src), .dst_shape = *model::ImageOf(layer.dst)};
    at.src = src_;
    at.diff_src = diff_src_;
    for (TensorId* fresh : {&at.dst, &at.workspace, &at.diff_dst}) *fresh = Fresh();
    step_.products.push_back(PoolingForward(spec, at));
    if (trains_) backward_.push_back(PoolingBackward(spec, at));
    Next(at.dst, at.diff_dst);
  }

  const std::int64_t rows_;
  StepProducts step_;
  std::vector<Product> backward_;  // the last layer's last
  TensorId src_;
  TensorId diff_src_ = 0;  // of the layer that comes next; meaningless before the first trained one
  bool trains_ = false;
};

absl::StatusOr<StepProducts> ProductsOf(const model::Network& network, std::int64_t rows) {
  Walk walk(rows);
  for (const model::Layer& layer : network.layers) {
    if (absl::Status status = walk.Take(layer); !status.ok()) return status;
  }
  return walk.Finish();
}

}  // namespace

class Roofline::Impl {
 public:
  explicit Impl(const StepProducts& step);

  double flops() const { return flops_; }
  // Keeps each product's fastest way, found with all the others running round it.
  void ChooseWays();
  void Step() const {
    for (const Primitive& product : chosen_) product.Execute();
  }

 private:
  double flops_ = 0;
  std::vector<Floats> tensors_;
  Floats scratchpad_;
  std::vector<std::vector<Primitive>> ways_;  // of each product, until they are chosen from
  std::vector<Primitive> chosen_;
};

Roofline::Impl::Impl(const StepProducts& step) {
  std::vector<std::size_t> bytes(step.tensors);
  std::size_t scratchpad_bytes = 0;
  for (const Product& product : step.products) {
    for (const Way& way : product.ways) {
      for (const Operand& operand : way.operands)
        bytes[operand.tensor] = std::max(bytes[operand.tensor], operand.desc.get_size());
      scratchpad_bytes = std::max(scratchpad_bytes, way.scratchpad.get_size());
    }
  }
  const auto floats = [](std::size_t bytes) {
    return Floats(static_cast<std::int64_t>(bytes / sizeof(float) + 1));
  };
  for (std::size_t tensor = 0; tensor < bytes.size(); ++tensor) {
    tensors_.push_back(floats(bytes[tensor]));
    // Ordinary numbers: some processors are slower with others, and few are zero in a training.
    const RandomStream stream({}, Purpose::kInitialWeights, static_cast<std::int64_t>(tensor));
    Initialize(model::InitializerKind::kUniform, 1, 1, stream, tensors_.back().span());
  }
  scratchpad_ = floats(scratchpad_bytes);
  for (const Product& product : step.products) {
    flops_ += product.flops;
    std::vector<Primitive>& ways = ways_.emplace_back();
    for (const Way& way : product.ways) {
      std::vector<Primitive::Argument> arguments;
      for (const Operand& operand : way.operands)
        arguments.push_back({operand.name, operand.desc, tensors_[operand.tensor].data()});
      ways.emplace_back(way.primitive, way.scratchpad, arguments).BindScratchpad(scratchpad_.data());
    }
  }
}

void Roofline::Impl::ChooseWays() {
  using Clock = std::chrono::steady_clock;
  std::size_t most_ways = 0;
  std::vector<std::vector<Clock::duration>> least;
  for (const auto& ways : ways_) {
    most_ways = std::max(most_ways, ways.size());
    least.emplace_back(ways.size(), Clock::duration::max());
  }
  for (int trial = 0; trial < kTrials; ++trial) {
    for (std::size_t turn = 0; turn < most_ways; ++turn) {
      for (std::size_t product = 0; product < ways_.size(); ++product) {
        const std::size_t way = turn % ways_[product].size();
        const Clock::time_point begin = Clock::now();
        ways_[product][way].Execute();
        least[product][way] = std::min(least[product][way], Clock::now() - begin);
      }
    }
  }
  for (std::size_t product = 0; product < ways_.size(); ++product) {
    const auto fastest = std::ranges::min_element(least[product]) - least[product].begin();
    chosen_.push_back(std::move(ways_[product][static_cast<std::size_t>(fastest)]));
  }
  ways_.clear();
}

absl::StatusOr<std::unique_ptr<Roofline>> Roofline::Create(const model::Network& network, std::int64_t rows) {
  try {
    absl::StatusOr<StepProducts> step = ProductsOf(network, rows);
    if (!step.ok()) return step.status();
    auto impl = std::make_unique<Impl>(*step);
    impl->ChooseWays();
    return std::unique_ptr<Roofline>(new Roofline(std::move(impl)));
  } catch (const dnnl::error& error) {
    return FromLibrary(error);
  }
}

Roofline::Roofline(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Roofline::~Roofline() = default;

double Roofline::flops() const { return impl_->flops(); }

absl::Status Roofline::Step() {
  try {
    impl_->Step();
  } catch (const dnnl::error& error) {
    return FromLibrary(error);
  }
  return absl::OkStatus();
}

}  // namespace hpsearch::nn
