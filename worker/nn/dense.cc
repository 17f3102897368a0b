#include "worker/nn/dense.h"

#include <algorithm>
#include <optional>
#include <span>

#include "worker/nn/bf16.h"
#include "worker/nn/elementwise.h"
#include "worker/nn/initializer.h"
#include "worker/nn/primitive.h"

namespace hpsearch::nn {
namespace {

using model::ActivationKind;
using Tag = dnnl::memory::format_tag;

// A kernel of fewer units than a vector has floats is kept unit by unit: the products run along the inputs then,
// and its weight gradient takes half the time.
constexpr std::int64_t kNarrow = 16;
// From here on, src is so much wider than diff_dst that the inner product, which does not transpose it first,
// beats the matmul.
constexpr std::int64_t kWideInput = 4;

using Type = dnnl::memory::data_type;

dnnl::memory::desc Matrix(std::int64_t rows, std::int64_t columns, Tag tag = Tag::ab, Type type = Type::f32) {
  return {{rows, columns}, type, tag};
}

// The kernel as an inputs x units or, transposed, as a units x inputs matrix.
dnnl::memory::desc KernelDesc(const Parameter& kernel, Type type) {
  return Matrix(kernel.inputs, kernel.units, kernel.units_innermost ? Tag::ab : Tag::ba, type);
}
dnnl::memory::desc TransposedKernelDesc(const Parameter& kernel, Type type) {
  return Matrix(kernel.units, kernel.inputs, kernel.units_innermost ? Tag::ba : Tag::ab, type);
}

// What the products multiply: the floats themselves, or what they are rounded to.
struct Factors {
  Type type = Type::f32;
  const void* src = nullptr;
  const void* kernel = nullptr;
  const void* diff_dst = nullptr;
};

Primitive MakeForward(ActivationKind activation, const Parameter& kernel, const Parameter* bias, std::int64_t rows,
                      const Factors& factors, const Tensors& tensors) {
  const dnnl::memory::desc src = Matrix(rows, kernel.inputs, Tag::ab, factors.type);
  const dnnl::memory::desc weights = KernelDesc(kernel, factors.type);
  const dnnl::memory::desc dst = Matrix(rows, kernel.units);
  std::vector<Primitive::Argument> arguments = {{DNNL_ARG_SRC, src, factors.src},
                                                {DNNL_ARG_WEIGHTS, weights, factors.kernel},
                                                {DNNL_ARG_DST, dst, tensors.dst}};
  dnnl::matmul::desc desc(src, weights, dst);
  if (bias != nullptr) {
    const dnnl::memory::desc bias_desc = Matrix(1, kernel.units);
    desc = dnnl::matmul::desc(src, weights, bias_desc, dst);
    arguments.push_back({DNNL_ARG_BIAS, bias_desc, bias->value.data()});
  }
  const dnnl::matmul::primitive_desc product(desc, Attributes(activation), CpuEngine());
  return {dnnl::matmul(product), product.scratchpad_desc(), arguments};
}

// An inner product takes src and diff_dst as they lie, and writes the kernel's own order.
Primitive BackwardWeightsAsInnerProduct(const Parameter& kernel, std::int64_t rows, const Factors& factors) {
  const dnnl::memory::desc src = Matrix(rows, kernel.inputs, Tag::ab, factors.type);
  const dnnl::memory::desc dst = Matrix(rows, kernel.units, Tag::ab, factors.type);
  const dnnl::memory::desc weights =
      TransposedKernelDesc(kernel, factors.type);  // units x inputs, as it wants them
  const dnnl::memory::desc gradient = TransposedKernelDesc(kernel, Type::f32);
  const dnnl::inner_product_forward::primitive_desc forward({dnnl::prop_kind::forward_training, src, weights, dst},
                                                            Attributes(), CpuEngine());
  const dnnl::inner_product_backward_weights::primitive_desc product({src, gradient, dst}, Attributes(),
                                                                     CpuEngine(), forward);
  return {dnnl::inner_product_backward_weights(product),
          product.scratchpad_desc(),
          {{DNNL_ARG_SRC, src, factors.src},
           {DNNL_ARG_DIFF_DST, dst, factors.diff_dst},
           {DNNL_ARG_DIFF_WEIGHTS, gradient, kernel.gradient.data()}}};
}

// diff_kernel = src^T . diff_dst, in the kernel's own order.
Primitive MakeBackwardWeights(const Parameter& kernel, std::int64_t rows, const Factors& factors) {
  // Of bf16 the inner product is the faster one in every shape.
  if (factors.type == Type::bf16 || (kernel.units_innermost && kernel.inputs >= kWideInput * kernel.units)) {
    return BackwardWeightsAsInnerProduct(kernel, rows, factors);
  }
  const auto product_of = [](const dnnl::memory::desc& left, const void* left_data,
                             const dnnl::memory::desc& right, const void* right_data, const Parameter& kernel,
                             const dnnl::memory::desc& result) -> Primitive {
    const dnnl::matmul::primitive_desc product({left, right, result}, Attributes(), CpuEngine());
    return {dnnl::matmul(product),
            product.scratchpad_desc(),
            {{DNNL_ARG_SRC, left, left_data},
             {DNNL_ARG_WEIGHTS, right, right_data},
             {DNNL_ARG_DST, result, kernel.gradient.data()}}};
  };
  if (kernel.units_innermost) {
    return product_of(Matrix(kernel.inputs, rows, Tag::ba), factors.src, Matrix(rows, kernel.units),
                      factors.diff_dst, kernel, Matrix(kernel.inputs, kernel.units));
  }
  return product_of(Matrix(kernel.units, rows, Tag::ba), factors.diff_dst, Matrix(rows, kernel.inputs),
                    factors.src, kernel, Matrix(kernel.units, kernel.inputs));
}

// diff_src = diff_dst . kernel^T
Primitive MakeBackwardData(const Parameter& kernel, std::int64_t rows, const Factors& factors,
                           const Tensors& tensors) {
  const dnnl::memory::desc diff_dst = Matrix(rows, kernel.units, Tag::ab, factors.type);
  const dnnl::memory::desc weights = TransposedKernelDesc(kernel, factors.type);
  const dnnl::memory::desc diff_src = Matrix(rows, kernel.inputs);
  const dnnl::matmul::primitive_desc product({diff_dst, weights, diff_src}, Attributes(), CpuEngine());
  return {dnnl::matmul(product),
          product.scratchpad_desc(),
          {{DNNL_ARG_SRC, diff_dst, factors.diff_dst},
           {DNNL_ARG_WEIGHTS, weights, factors.kernel},
           {DNNL_ARG_DST, diff_src, tensors.diff_src}}};
}

class DensePass : public LayerPass {
 public:
  // `rounded`: room for the kernel in bf16, which each Forward fills; null: floats are multiplied.
  DensePass(ActivationKind activation, const std::optional<DropoutRule>& dropout, const Parameter& kernel,
            Parameter* bias, Bf16* rounded, std::int64_t rows, bool training, const Tensors& tensors)
      : activation_(activation),
        dropout_(training ? dropout : std::nullopt),
        kernel_(kernel),
        bias_(bias),
        rounded_(rounded),
        rows_(rows),
        tensors_(tensors),
        src_(rounded == nullptr ? 0 : rows * kernel.inputs),
        diff_dst_(rounded == nullptr || tensors.diff_dst == nullptr ? 0 : rows * kernel.units),
        forward_(MakeForward(activation, kernel, bias, rows, FactorsOf(), tensors)) {
    if (!training) return;
    if (!kernel.frozen()) backward_.push_back(MakeBackwardWeights(kernel, rows, FactorsOf()));
    if (tensors.diff_src != nullptr) backward_.push_back(MakeBackwardData(kernel, rows, FactorsOf(), tensors));
  }

  void Forward(const Step& step) override {
    if (rounded_ != nullptr) {
      ToBf16(tensors_.src, src_.data(), rows_ * kernel_.inputs);
      ToBf16(kernel_.value.data(), rounded_, kernel_.inputs * kernel_.units);
    }
    forward_.Execute();
    if (dropout_.has_value()) dropout_->Apply(step, rows_ * kernel_.units, tensors_.dst);
  }

  void Backward() override {
    const float kept_scale = dropout_.has_value() ? dropout_->scale : 1;
    if (bias_ != nullptr && !bias_->frozen()) {
      ActivationBackwardWithBias(activation_, tensors_.dst, tensors_.diff_dst, rows_, kernel_.units,
                                 bias_->gradient.data(), kept_scale);
    } else {
      ActivationBackward(activation_, model::DefaultAlpha(activation_), tensors_.dst, tensors_.diff_dst,
                         rows_ * kernel_.units, kept_scale);
    }
    if (rounded_ != nullptr) ToBf16(tensors_.diff_dst, diff_dst_.data(), rows_ * kernel_.units);
    for (const Primitive& product : backward_) product.Execute();
  }

  std::size_t ScratchpadBytes() const override {
    std::size_t bytes = forward_.scratchpad_bytes();
    for (const Primitive& product : backward_) bytes = std::max(bytes, product.scratchpad_bytes());
    return bytes;
  }
  void BindScratchpad(void* memory) override {
    forward_.BindScratchpad(memory);
    for (Primitive& product : backward_) product.BindScratchpad(memory);
  }

 private:
  Factors FactorsOf() const {
    if (rounded_ == nullptr) return {Type::f32, tensors_.src, kernel_.value.data(), tensors_.diff_dst};
    return {Type::bf16, src_.data(), rounded_, diff_dst_.data()};
  }

  const ActivationKind activation_;
  const std::optional<DropoutRule> dropout_;
  const Parameter& kernel_;
  Parameter* const bias_;  // null: none
  Bf16* const rounded_;
  const std::int64_t rows_;
  const Tensors tensors_;
  Bf16s src_, diff_dst_;  // rounded, where the kernel is
  Primitive forward_;
  std::vector<Primitive> backward_;
};

Parameter MakeParameter(std::int64_t inputs, std::int64_t units, bool units_innermost) {
  return {.inputs = inputs,
          .units = units,
          .units_innermost = units_innermost,
          .value = Floats(inputs * units),
          .gradient = Floats(inputs * units)};
}

}  // namespace

Dense::Dense(const model::DenseLayer& spec, const Layout& src, const RandomSource& source, std::int64_t place,
             model::Precision precision, const std::optional<DropoutRule>& dropout)
    : activation_(spec.activation),
      use_bias_(spec.use_bias),
      dropout_(dropout),
      kernel_(MakeParameter(src.size(), spec.units, spec.units >= kNarrow)),
      bias_(MakeParameter(1, spec.use_bias ? spec.units : 0, true)),
      rounded_(precision == model::Precision::kBf16 ? src.size() * spec.units : 0) {
  kernel_.max_norm = spec.max_norm;
  kernel_.input_places = src.Places();
  kernel_.l1 = spec.l1;
  kernel_.l2 = spec.l2;
  kernel_.learning_rate_factor = bias_.learning_rate_factor = spec.learning_rate_factor;
  // Drawn in Keras's order, input by input, whatever the order in memory.
  const auto draw = [&](std::span<float> values) {
    Initialize(spec.kernel_initializer, src.size(), spec.units,
               RandomStream(source, Purpose::kInitialWeights, place), values);
  };
  if (kernel_.units_innermost && kernel_.input_places.empty()) {
    draw(kernel_.value.span());
  } else {
    Floats drawn(kernel_.inputs * kernel_.units);
    draw(drawn.span());
    for (std::int64_t input = 0; input < kernel_.inputs; ++input) {
      for (std::int64_t unit = 0; unit < kernel_.units; ++unit) {
        kernel_.value.data()[kernel_.At(input, unit)] = drawn.data()[input * kernel_.units + unit];
      }
    }
  }
  Initialize(spec.bias_initializer, spec.units, spec.units, RandomStream(source, Purpose::kInitialBias, place),
             bias_.value.span());
}

std::unique_ptr<LayerPass> Dense::MakePass(std::int64_t rows, bool training, const Tensors& tensors) {
  return std::make_unique<DensePass>(activation_, dropout_, kernel_, use_bias_ ? &bias_ : nullptr,
                                     rounded_.size() > 0 ? rounded_.data() : nullptr, rows, training, tensors);
}

std::vector<Parameter*> Dense::parameters() {
  if (use_bias_) return {&kernel_, &bias_};
  return {&kernel_};
}

}  // namespace hpsearch::nn
