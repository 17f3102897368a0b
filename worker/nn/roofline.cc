#include "worker/nn/roofline.h"

#include <algorithm>
#include <bit>
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
  Walk(const model::Network& network, std::int64_t rows, dnnl::memory::data_type type)
      : network_(network), rows_(rows), type_(type), made_(network.layers.size() + 1) {
    made_[0].tensor = Fresh();
  }

  // All of the step: what was noted backward runs last layer first.
  StepProducts Run() {
    for (std::size_t i = 0; i < network_.layers.size(); ++i) {
      const Made& src = made_[static_cast<std::size_t>(network_.InputsOf(i).front() + 1)];
      made_[i + 1] = std::visit([&](const auto& kind) { return Take(kind, i, src); }, network_.layers[i].kind);
    }
    std::ranges::move(backward_.rbegin(), backward_.rend(), std::back_inserter(step_.products));
    return std::move(step_);
  }

 private:
  // What the sample or a layer has written, where its gradient comes back to, and whether one is wanted: something
  // in front of it is trained.
  struct Made {
    TensorId tensor = 0;
    TensorId diff = 0;
    bool wanted = false;
  };

  TensorId Fresh() { return step_.tensors++; }

  Made Take(const model::DenseLayer& spec, std::size_t i, const Made& src) {
    DenseTensors at = {
        .type = type_, .rows = rows_, .inputs = model::Elements(network_.layers[i].src), .units = spec.units};
    at.src = src.tensor;
    at.diff_src = src.diff;
    for (TensorId* fresh : {&at.kernel, &at.dst, &at.gradient, &at.diff_dst}) *fresh = Fresh();
    const bool trained = spec.learning_rate_factor != 0;
    step_.products.push_back(DenseForward(at));
    if (src.wanted) backward_.push_back(DenseBackwardData(at));
    if (trained) backward_.push_back(DenseBackwardWeights(at));
    return {at.dst, at.diff_dst, src.wanted || trained};
  }

  Made Take(const model::Conv2dLayer& spec, std::size_t i, const Made& src) {
    ConvolutionTensors at = {.type = type_,
                             .rows = rows_,
                             .src_shape = *model::ImageOf(network_.layers[i].src),
                             .dst_shape = *model::ImageOf(network_.layers[i].dst)};
    at.src = src.tensor;
    at.diff_src = src.diff;
    for (TensorId* fresh : {&at.kernel, &at.dst, &at.gradient, &at.diff_dst}) *fresh = Fresh();
    const bool trained = spec.learning_rate_factor != 0;
    step_.products.push_back(ConvolutionForward(spec, at));
    if (src.wanted) backward_.push_back(ConvolutionBackwardData(spec, at));
    if (trained) backward_.push_back(ConvolutionBackwardWeights(spec, at));
    return {at.dst, at.diff_dst, src.wanted || trained};
  }

  Made Pool(const model::Pooling2dLayer& spec, const model::ImageShape& dst_shape, std::size_t i,
            const Made& src) {
    PoolingTensors at = {.type = type_,
                         .rows = rows_,
                         .src_shape = *model::ImageOf(network_.layers[i].src),
                         .dst_shape = dst_shape};
    at.src = src.tensor;
    at.diff_src = src.diff;
    for (TensorId* fresh : {&at.dst, &at.workspace, &at.diff_dst}) *fresh = Fresh();
    step_.products.push_back(PoolingForward(spec, at));
    if (src.wanted) backward_.push_back(PoolingBackward(spec, at));
    return {at.dst, at.diff_dst, src.wanted};
  }
  Made Take(const model::Pooling2dLayer& spec, std::size_t i, const Made& src) {
    return Pool(spec, *model::ImageOf(network_.layers[i].dst), i, src);
  }
  Made Take(const model::GlobalAveragePooling2dLayer& /*spec*/, std::size_t i, const Made& src) {
    const model::ImageShape image = *model::ImageOf(network_.layers[i].src);
    const model::Extent whole = {image.height, image.width};
    return Pool({.kind = model::PoolingKind::kAverage, .pool_size = whole, .strides = whole},
                {.channels = image.channels, .height = 1, .width = 1}, i, src);
  }

  Made Take(const model::FlattenLayer& /*spec*/, std::size_t /*i*/, const Made& src) { return src; }
  Made Take(const model::ReshapeLayer& /*spec*/, std::size_t /*i*/, const Made& src) { return src; }

  // These write a tensor of their own; gradients go back in place.
  Made Elementwise(const Made& src) { return {Fresh(), src.wanted ? src.diff : Fresh(), src.wanted}; }
  Made Take(const model::DropoutLayer& /*spec*/, std::size_t /*i*/, const Made& src) { return Elementwise(src); }
  Made Take(const model::SpatialDropout2dLayer& /*spec*/, std::size_t /*i*/, const Made& src) {
    return Elementwise(src);
  }
  Made Take(const model::ActivationLayer& /*spec*/, std::size_t /*i*/, const Made& src) {
    return Elementwise(src);
  }
  Made Take(const model::BatchNormalizationLayer& spec, std::size_t /*i*/, const Made& src) {
    Made made = Elementwise(src);
    made.wanted = made.wanted || (spec.trainable && (spec.center || spec.scale));
    return made;
  }

  // These read several, and have one gradient for them or part of it for each.
  Made Join(std::size_t i) {
    Made made = {Fresh(), Fresh(), false};
    for (const std::int64_t input : network_.InputsOf(i)) {
      made.wanted = made.wanted || made_[static_cast<std::size_t>(input + 1)].wanted;
    }
    return made;
  }
  Made Take(const model::AddLayer& /*spec*/, std::size_t i, const Made& /*src*/) { return Join(i); }
  Made Take(const model::ConcatenateLayer& /*spec*/, std::size_t i, const Made& /*src*/) { return Join(i); }

  const model::Network& network_;
  const std::int64_t rows_;
  const dnnl::memory::data_type type_;
  StepProducts step_;
  std::vector<Product> backward_;  // the last layer's last
  std::vector<Made> made_;         // the sample's first
};

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
    // Both halves of a float, so that it reads as two in bf16.
    for (float& value : tensors_.back().span()) {
      const std::uint32_t half = std::bit_cast<std::uint32_t>(value) >> 16;
      value = std::bit_cast<float>(half << 16 | half);
    }
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

absl::StatusOr<std::unique_ptr<Roofline>> Roofline::Create(const model::Network& network, std::int64_t rows,
                                                           model::Precision precision) {
  using Type = dnnl::memory::data_type;
  const Type type = precision == model::Precision::kBf16 ? Type::bf16 : Type::f32;
  try {
    auto impl = std::make_unique<Impl>(Walk(network, rows, type).Run());
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
