#include "worker/nn/dense.h"

#include <algorithm>
#include <optional>
#include <span>

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

dnnl::memory::desc Matrix(std::int64_t rows, std::int64_t columns, Tag tag = Tag::ab) {
  return {{rows, columns}, dnnl::memory::data_type::f32, tag};
}

// The kernel as an inputs x units or, transposed, as a units x inputs matrix.
dnnl::memory::desc KernelDesc(const Parameter& kernel) {
  return Matrix(kernel.inputs, kernel.units, kernel.units_innermost ? Tag::ab : Tag::ba);
}
dnnl::memory::desc TransposedKernelDesc(const Parameter& kernel) {
  return Matrix(kernel.units, kernel.inputs, kernel.units_innermost ? Tag::ba : Tag::ab);
}

Primitive MakeForward(ActivationKind activation, const Parameter& kernel, const Parameter* bias, std::int64_t rows,
                      const Tensors& tensors) {
  const dnnl::memory::desc src = Matrix(rows, kernel.inputs);
  const dnnl::memory::desc weights = KernelDesc(kernel);
  const dnnl::memory::desc dst = Matrix(rows, kernel.units);
  std::vector<Primitive::Argument> arguments = {{DNNL_ARG_SRC, src, tensors.src},
                                                {DNNL_ARG_WEIGHTS, weights, kernel.value.data()},
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

// diff_kernel = src^T . diff_dst, in the kernel's own order.
Primitive MakeBackwardWeights(const Parameter& kernel, std::int64_t rows, const Tensors& tensors) {
  if (kernel.units_innermost && kernel.inputs >= kWideInput * kernel.units) {
    const dnnl::memory::desc src = Matrix(rows, kernel.inputs);
    const dnnl::memory::desc weights = TransposedKernelDesc(kernel);  // an inner product's are units x inputs
    const dnnl::memory::desc dst = Matrix(rows, kernel.units);
    const dnnl::inner_product_forward::primitive_desc forward(
        {dnnl::prop_kind::forward_training, src, weights, dst}, Attributes(), CpuEngine());
    const dnnl::inner_product_backward_weights::primitive_desc product({src, weights, dst}, Attributes(),
                                                                       CpuEngine(), forward);
    return {dnnl::inner_product_backward_weights(product),
            product.scratchpad_desc(),
            {{DNNL_ARG_SRC, src, tensors.src},
             {DNNL_ARG_DIFF_DST, dst, tensors.diff_dst},
             {DNNL_ARG_DIFF_WEIGHTS, weights, kernel.gradient.data()}}};
  }
  const auto product_of = [](const dnnl::memory::desc& left, const float* left_data,
                             const dnnl::memory::desc& right, const float* right_data, const Parameter& kernel,
                             const dnnl::memory::desc& result) -> Primitive {
    const dnnl::matmul::primitive_desc product({left, right, result}, Attributes(), CpuEngine());
    return {dnnl::matmul(product),
            product.scratchpad_desc(),
            {{DNNL_ARG_SRC, left, left_data},
             {DNNL_ARG_WEIGHTS, right, right_data},
             {DNNL_ARG_DST, result, kernel.gradient.data()}}};
  };
  if (kernel.units_innermost) {
    return product_of(Matrix(kernel.inputs, rows, Tag::ba), tensors.src, Matrix(rows, kernel.units),
                      tensors.diff_dst, kernel, Matrix(kernel.inputs, kernel.units));
  }
  return product_of(Matrix(kernel.units, rows, Tag::ba), tensors.diff_dst, Matrix(rows, kernel.inputs),
                    tensors.src, kernel, Matrix(kernel.units, kernel.inputs));
}

// diff_src = diff_dst . kernel^T
Primitive MakeBackwardData(const Parameter& kernel, std::int64_t rows, const Tensors& tensors) {
  const dnnl::memory::desc diff_dst = Matrix(rows, kernel.units);
  const dnnl::memory::desc weights = TransposedKernelDesc(kernel);
  const dnnl::memory::desc diff_src = Matrix(rows, kernel.inputs);
  const dnnl::matmul::primitive_desc product({diff_dst, weights, diff_src}, Attributes(), CpuEngine());
  return {dnnl::matmul(product),
          product.scratchpad_desc(),
          {{DNNL_ARG_SRC, diff_dst, tensors.diff_dst},
           {DNNL_ARG_WEIGHTS, weights, kernel.value.data()},
           {DNNL_ARG_DST, diff_src, tensors.diff_src}}};
}

class DensePass : public LayerPass {
 public:
  DensePass(ActivationKind activation, const Parameter& kernel, Parameter* bias, std::int64_t rows, bool training,
            const Tensors& tensors)
      : activation_(activation),
        bias_(bias),
        rows_(rows),
        units_(kernel.units),
        tensors_(tensors),
        forward_(MakeForward(activation, kernel, bias, rows, tensors)) {
    if (!training) return;
    if (!kernel.frozen()) backward_.push_back(MakeBackwardWeights(kernel, rows, tensors));
    if (tensors.diff_src != nullptr) backward_.push_back(MakeBackwardData(kernel, rows, tensors));
  }

  void Forward(const Step& /*step*/) override { forward_.Execute(); }

  void Backward() override {
    if (bias_ != nullptr && !bias_->frozen()) {
      ActivationBackwardWithBias(activation_, tensors_.dst, tensors_.diff_dst, rows_, units_,
                                 bias_->gradient.data());
    } else {
      ActivationBackward(activation_, model::DefaultAlpha(activation_), tensors_.dst, tensors_.diff_dst,
                         rows_ * units_);
    }
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
  const ActivationKind activation_;
  Parameter* const bias_;  // null: none
  const std::int64_t rows_;
  const std::int64_t units_;
  const Tensors tensors_;
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

Dense::Dense(const model::DenseLayer& spec, const Layout& src, const RandomSource& source, std::int64_t place)
    : activation_(spec.activation),
      use_bias_(spec.use_bias),
      kernel_(MakeParameter(src.size(), spec.units, spec.units >= kNarrow)),
      bias_(MakeParameter(1, spec.use_bias ? spec.units : 0, true)) {
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
  return std::make_unique<DensePass>(activation_, kernel_, use_bias_ ? &bias_ : nullptr, rows, training, tensors);
}

std::vector<Parameter*> Dense::parameters() {
  if (use_bias_) return {&kernel_, &bias_};
  return {&kernel_};
}

}  // namespace hpsearch::nn
