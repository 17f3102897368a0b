#include "worker/nn/roofline.h"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <limits>
#include <utility>
#include <variant>
#include <vector>

#include "absl/strings/str_cat.h"
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

absl::StatusOr<StepProducts> ProductsOf(const model::Network& network, std::int64_t rows) {
  StepProducts step;
  std::vector<Product> backward;  // last product first
  TensorId src = step.tensors++;
  TensorId diff_src = 0;  // of the layer that comes next; meaningless before the first trained one
  bool trains = false;
  for (const model::Layer& layer : network.layers) {
    if (const auto* spec = std::get_if<model::DenseLayer>(&layer.kind)) {
      DenseTensors dense = {.rows = rows, .inputs = model::Elements(layer.src), .units = spec->units};
      dense.src = src;
      dense.diff_src = diff_src;
      for (TensorId* fresh : {&dense.kernel, &dense.dst, &dense.gradient, &dense.diff_dst})
        *fresh = step.tensors++;
      step.products.push_back(DenseForward(dense));
      if (trains) backward.push_back(DenseBackwardData(dense));
      backward.push_back(DenseBackwardWeights(dense));
      trains = true;
      src = dense.dst;
      diff_src = dense.diff_dst;
    } else if (std::holds_alternative<model::DropoutLayer>(layer.kind) ||
               std::holds_alternative<model::ActivationLayer>(layer.kind)) {
      src = step.tensors++;  // these write a tensor of their own; gradients go back in place
    } else if (!std::holds_alternative<model::FlattenLayer>(layer.kind)) {
      return absl::UnimplementedError(
          absl::StrCat("what limits layer '", layer.name, "' is not known yet by this version"));
    }
  }
  std::ranges::move(backward.rbegin(), backward.rend(), std::back_inserter(step.products));
  return step;
}

}  // namespace

class Roofline::Impl {
 public:
  explicit Impl(StepProducts step);

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

Roofline::Impl::Impl(StepProducts step) {
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
    auto impl = std::make_unique<Impl>(*std::move(step));
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
