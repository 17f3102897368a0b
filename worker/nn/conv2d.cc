#include "worker/nn/conv2d.h"

#include <algorithm>
#include <optional>

#include "server/model/shapes.h"
#include "worker/nn/bf16.h"
#include "worker/nn/elementwise.h"
#include "worker/nn/initializer.h"
#include "worker/nn/primitive.h"

namespace hpsearch::nn {
namespace {

using Desc = dnnl::memory::desc;
using Dims = dnnl::memory::dims;

using Type = dnnl::memory::data_type;

// What the convolutions of one batch size are made of. Factors are what is multiplied, floats or what they are
// rounded to; sums are floats.
struct Geometry {
  Desc src;            // a factor
  Desc diff_src;       // a sum
  Desc dst;            // a sum
  Desc diff_dst;       // a factor
  Desc plain_weights;  // as the kernel lies, floats
  Desc any_weights;    // a factor
  Desc any_gradient;   // a sum
  Desc bias;
  Dims strides;
  Dims dilates;  // oneDNN counts the places left out
  Dims before;
  Dims after;
};

Geometry GeometryOf(const model::Conv2dLayer& spec, const Layout& src, const Layout& dst, std::int64_t rows,
                    Type factors) {
  const auto f32 = Type::f32;
  const std::int64_t height = spec.kernel_size.height;
  const std::int64_t width = spec.kernel_size.width;
  const std::int64_t channels = src.channels / spec.groups;
  const std::int64_t filters = spec.filters / spec.groups;
  // Strides in height x width x channels x filters.
  Dims dims = {filters, channels, height, width};
  Dims strides = {1, spec.filters, width * channels * spec.filters, channels * spec.filters};
  if (spec.groups > 1) {
    dims.insert(dims.begin(), spec.groups);
    strides.insert(strides.begin(), filters);
  }
  const model::Sliding down =
      model::SlidingOf(src.height, height, spec.strides.height, spec.dilation_rate.height, spec.padding);
  const model::Sliding across =
      model::SlidingOf(src.width, width, spec.strides.width, spec.dilation_rate.width, spec.padding);
  return {.src = ImageDesc(rows, src, factors),
          .diff_src = ImageDesc(rows, src),
          .dst = ImageDesc(rows, dst),
          .diff_dst = ImageDesc(rows, dst, factors),
          .plain_weights = Desc(dims, f32, strides),
          .any_weights = Desc(dims, factors, dnnl::memory::format_tag::any),
          .any_gradient = Desc(dims, f32, dnnl::memory::format_tag::any),
          .bias = Desc({spec.filters}, f32, dnnl::memory::format_tag::a),
          .strides = {spec.strides.height, spec.strides.width},
          .dilates = {spec.dilation_rate.height - 1, spec.dilation_rate.width - 1},
          .before = {down.before, across.before},
          .after = {down.after, across.after}};
}

// A copy of the weights in a convolution's own format, where that is not the kernel's.
class FormattedWeights {
 public:
  using Copies = std::map<std::int64_t, Floats>;

  FormattedWeights(const Desc& plain, const Desc& wanted, Copies& copies) : plain_(plain), wanted_(wanted) {
    if (plain == wanted) return;
    const auto size = static_cast<std::int64_t>((wanted.get_size() + sizeof(float) - 1) / sizeof(float));
    Floats& copy = copies[size];
    if (copy.size() == 0) copy = Floats(size);
    copy_ = copy.data();
  }

  const Desc& desc() const { return wanted_; }
  float* In(float* plain) { return copy_ == nullptr ? plain : copy_; }
  // The copy that a convolution reads its weights from; and the one that takes its weight gradient back.
  std::optional<Primitive> From(const float* plain) {
    if (copy_ == nullptr) return std::nullopt;
    return Primitive::Reorder(plain_, plain, wanted_, copy_);
  }
  std::optional<Primitive> To(float* plain) {
    if (copy_ == nullptr) return std::nullopt;
    return Primitive::Reorder(wanted_, copy_, plain_, plain);
  }

 private:
  Desc plain_;
  Desc wanted_;
  float* copy_ = nullptr;  // null: the kernel's own format is the wanted one
};

constexpr auto kDirect = dnnl::algorithm::convolution_direct;

dnnl::convolution_forward::primitive_desc ForwardDesc(const Geometry& at, bool training, bool biased,
                                                      model::ActivationKind activation, const Desc& dst) {
  const auto kind = training ? dnnl::prop_kind::forward_training : dnnl::prop_kind::forward_inference;
  using ConvDesc = dnnl::convolution_forward::desc;
  const ConvDesc desc =
      biased ? ConvDesc(kind, kDirect, at.src, at.any_weights, at.bias, dst, at.strides, at.dilates, at.before,
                        at.after)
             : ConvDesc(kind, kDirect, at.src, at.any_weights, dst, at.strides, at.dilates, at.before, at.after);
  return {desc, Attributes(activation), CpuEngine()};
}

// Rounds src and diff_dst, where they are; else hands them on.
class RoundedFactors {
 public:
  RoundedFactors(Type type, std::int64_t src_count, std::int64_t dst_count, const Tensors& tensors)
      : rounds_(type == Type::bf16),
        src_(rounds_ ? src_count : 0),
        diff_dst_(rounds_ && tensors.diff_dst != nullptr ? dst_count : 0),
        tensors_(tensors) {}

  const void* src() const { return rounds_ ? static_cast<const void*>(src_.data()) : tensors_.src; }
  const void* diff_dst() const {
    return rounds_ ? static_cast<const void*>(diff_dst_.data()) : static_cast<const void*>(tensors_.diff_dst);
  }
  void RoundSrc() { ToBf16(tensors_.src, src_.data(), static_cast<std::int64_t>(src_.size())); }
  void RoundDiffDst() { ToBf16(tensors_.diff_dst, diff_dst_.data(), static_cast<std::int64_t>(diff_dst_.size())); }

 private:
  const bool rounds_;
  Bf16s src_, diff_dst_;
  const Tensors tensors_;
};

class Conv2dPass : public LayerPass {
 public:
  struct Weights {
    Parameter& kernel;
    Parameter* bias;  // null: none
    FormattedWeights::Copies& copies;
  };

  Conv2dPass(const Geometry& at, model::ActivationKind activation, bool differentiates, const Weights& weights,
             std::int64_t src_count, std::int64_t dst_count, bool training, const Tensors& tensors)
      : activation_(activation),
        differentiates_(differentiates),
        dst_count_(dst_count),
        tensors_(tensors),
        factors_(static_cast<Type>(at.src.data.data_type), src_count, dst_count, tensors) {
    MakeForward(at, weights, training);
    if (!training || tensors.diff_dst == nullptr) return;
    // The backward ones are told of a forward one without an activation, which is applied apart.
    const auto forward =
        ForwardDesc(at, true, weights.bias != nullptr, model::ActivationKind::kLinear, at.diff_dst);
    if (!weights.kernel.frozen()) MakeBackwardWeights(at, weights, forward);
    if (tensors.diff_src != nullptr) MakeBackwardData(at, weights, forward);
  }

  void Forward(const Step& /*step*/) override {
    factors_.RoundSrc();
    for (const Primitive& each : forward_) each.Execute();
  }

  void Backward() override {
    if (differentiates_) {
      ActivationBackward(activation_, model::DefaultAlpha(activation_), tensors_.dst, tensors_.diff_dst,
                         dst_count_);
    }
    factors_.RoundDiffDst();
    for (const Primitive& each : backward_) each.Execute();
  }

  std::size_t ScratchpadBytes() const override {
    std::size_t bytes = 0;
    for (const auto* part : {&forward_, &backward_}) {
      for (const Primitive& each : *part) bytes = std::max(bytes, each.scratchpad_bytes());
    }
    return bytes;
  }
  void BindScratchpad(void* memory) override {
    for (auto* part : {&forward_, &backward_}) {
      for (Primitive& each : *part) each.BindScratchpad(memory);
    }
  }

 private:
  static void Append(std::vector<Primitive>& part, std::optional<Primitive> primitive) {
    if (primitive.has_value()) part.push_back(*std::move(primitive));
  }

  void MakeForward(const Geometry& at, const Weights& weights, bool training) {
    const auto desc = ForwardDesc(at, training, weights.bias != nullptr, activation_, at.dst);
    FormattedWeights formatted(at.plain_weights, desc.weights_desc(), weights.copies);
    Append(forward_, formatted.From(weights.kernel.value.data()));
    std::vector<Primitive::Argument> arguments = {
        {DNNL_ARG_SRC, at.src, factors_.src()},
        {DNNL_ARG_WEIGHTS, formatted.desc(), formatted.In(weights.kernel.value.data())},
        {DNNL_ARG_DST, at.dst, tensors_.dst}};
    if (weights.bias != nullptr) arguments.push_back({DNNL_ARG_BIAS, at.bias, weights.bias->value.data()});
    forward_.emplace_back(dnnl::convolution_forward(desc), desc.scratchpad_desc(), arguments);
  }

  void MakeBackwardWeights(const Geometry& at, const Weights& weights,
                           const dnnl::convolution_forward::primitive_desc& forward) {
    using ConvDesc = dnnl::convolution_backward_weights::desc;
    const bool biased = weights.bias != nullptr;
    const dnnl::convolution_backward_weights::primitive_desc desc(
        biased
            ? ConvDesc(kDirect, at.src, at.any_gradient, at.bias, at.diff_dst, at.strides, at.dilates, at.before,
                       at.after)
            : ConvDesc(kDirect, at.src, at.any_gradient, at.diff_dst, at.strides, at.dilates, at.before, at.after),
        Attributes(), CpuEngine(), forward);
    FormattedWeights formatted(at.plain_weights, desc.diff_weights_desc(), weights.copies);
    std::vector<Primitive::Argument> arguments = {
        {DNNL_ARG_SRC, at.src, factors_.src()},
        {DNNL_ARG_DIFF_DST, at.diff_dst, factors_.diff_dst()},
        {DNNL_ARG_DIFF_WEIGHTS, formatted.desc(), formatted.In(weights.kernel.gradient.data())}};
    if (biased) arguments.push_back({DNNL_ARG_DIFF_BIAS, at.bias, weights.bias->gradient.data()});
    backward_.emplace_back(dnnl::convolution_backward_weights(desc), desc.scratchpad_desc(), arguments);
    Append(backward_, formatted.To(weights.kernel.gradient.data()));
  }

  void MakeBackwardData(const Geometry& at, const Weights& weights,
                        const dnnl::convolution_forward::primitive_desc& forward) {
    const dnnl::convolution_backward_data::primitive_desc desc(
        {kDirect, at.diff_src, at.any_weights, at.diff_dst, at.strides, at.dilates, at.before, at.after},
        Attributes(), CpuEngine(), forward);
    FormattedWeights formatted(at.plain_weights, desc.weights_desc(), weights.copies);
    Append(backward_, formatted.From(weights.kernel.value.data()));
    backward_.emplace_back(dnnl::convolution_backward_data(desc), desc.scratchpad_desc(),
                           std::vector<Primitive::Argument>{
                               {DNNL_ARG_DIFF_DST, at.diff_dst, factors_.diff_dst()},
                               {DNNL_ARG_WEIGHTS, formatted.desc(), formatted.In(weights.kernel.value.data())},
                               {DNNL_ARG_DIFF_SRC, at.diff_src, tensors_.diff_src}});
  }

  const model::ActivationKind activation_;
  const bool differentiates_;
  const std::int64_t dst_count_;
  const Tensors tensors_;
  RoundedFactors factors_;
  std::vector<Primitive> forward_;
  std::vector<Primitive> backward_;
};

Parameter MakeParameter(std::int64_t inputs, std::int64_t units) {
  return {.inputs = inputs, .units = units, .value = Floats(inputs * units), .gradient = Floats(inputs * units)};
}

}  // namespace

Conv2d::Conv2d(const model::Conv2dLayer& spec, const Layout& src, const Layout& dst, bool differentiates,
               const RandomSource& source, std::int64_t place, model::Precision precision)
    : spec_(spec),
      precision_(precision),
      src_(src),
      dst_(dst),
      differentiates_(differentiates),
      kernel_(MakeParameter(spec.kernel_size.height * spec.kernel_size.width * (src.channels / spec.groups),
                            spec.filters)),
      bias_(MakeParameter(1, spec.use_bias ? spec.filters : 0)) {
  kernel_.max_norm = spec.max_norm;
  kernel_.l1 = spec.l1;
  kernel_.l2 = spec.l2;
  kernel_.learning_rate_factor = bias_.learning_rate_factor = spec.learning_rate_factor;
  Initialize(spec.kernel_initializer, kernel_.inputs,
             spec.kernel_size.height * spec.kernel_size.width * spec.filters,
             RandomStream(source, Purpose::kInitialWeights, place), kernel_.value.span());
  Initialize(spec.bias_initializer, spec.filters, spec.filters, RandomStream(source, Purpose::kInitialBias, place),
             bias_.value.span());
}

std::unique_ptr<LayerPass> Conv2d::MakePass(std::int64_t rows, bool training, const Tensors& tensors) {
  const Type factors = precision_ == model::Precision::kBf16 ? Type::bf16 : Type::f32;
  return std::make_unique<Conv2dPass>(GeometryOf(spec_, src_, dst_, rows, factors), spec_.activation,
                                      differentiates_,
                                      Conv2dPass::Weights{kernel_, spec_.use_bias ? &bias_ : nullptr, copies_},
                                      rows * src_.size(), rows * dst_.size(), training, tensors);
}

std::vector<Parameter*> Conv2d::parameters() {
  if (spec_.use_bias) return {&kernel_, &bias_};
  return {&kernel_};
}

}  // namespace hpsearch::nn
