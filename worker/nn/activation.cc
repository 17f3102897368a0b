#include "worker/nn/activation.h"

#include <algorithm>
#include <optional>

#include "worker/nn/elementwise.h"
#include "worker/nn/primitive.h"

namespace hpsearch::nn {
namespace {

dnnl::memory::desc Row(std::int64_t count) {
  return {{count}, dnnl::memory::data_type::f32, dnnl::memory::format_tag::a};
}

dnnl::eltwise_forward::primitive_desc ForwardDesc(const model::ActivationLayer& spec, std::int64_t count) {
  return {{dnnl::prop_kind::forward_training, AlgorithmOf(spec.activation), Row(count),
           AlphaOf(spec.activation, spec.alpha), 0.0f},
          Attributes(),
          CpuEngine()};
}

Primitive MakeForward(const model::ActivationLayer& spec, std::int64_t count, const Tensors& tensors) {
  const dnnl::eltwise_forward::primitive_desc forward = ForwardDesc(spec, count);
  return {dnnl::eltwise_forward(forward),
          forward.scratchpad_desc(),
          {{DNNL_ARG_SRC, Row(count), tensors.src}, {DNNL_ARG_DST, Row(count), tensors.dst}}};
}

// In place, from src.
Primitive MakeBackward(const model::ActivationLayer& spec, std::int64_t count, const Tensors& tensors) {
  const dnnl::eltwise_backward::primitive_desc backward(
      {AlgorithmOf(spec.activation), Row(count), Row(count), AlphaOf(spec.activation, spec.alpha), 0.0f},
      Attributes(), CpuEngine(), ForwardDesc(spec, count));
  return {dnnl::eltwise_backward(backward),
          backward.scratchpad_desc(),
          {{DNNL_ARG_SRC, Row(count), tensors.src},
           {DNNL_ARG_DIFF_DST, Row(count), tensors.diff_dst},
           {DNNL_ARG_DIFF_SRC, Row(count), tensors.diff_dst}}};
}

class ActivationPass : public LayerPass {
 public:
  ActivationPass(const model::ActivationLayer& spec, std::int64_t count, const Tensors& tensors)
      : spec_(spec), count_(count), tensors_(tensors), forward_(MakeForward(spec, count, tensors)) {
    if (tensors.diff_dst == nullptr || HasDerivativeOfDst(spec.activation)) return;
    backward_ = MakeBackward(spec, count, tensors);
  }

  void Forward(const Step& /*step*/) override { forward_.Execute(); }

  void Backward() override {
    if (backward_.has_value()) {
      backward_->Execute();
    } else {
      ActivationBackward(spec_.activation, spec_.alpha, tensors_.dst, tensors_.diff_dst, count_);
    }
  }

  std::size_t ScratchpadBytes() const override {
    return std::max(forward_.scratchpad_bytes(), backward_.has_value() ? backward_->scratchpad_bytes() : 0);
  }
  void BindScratchpad(void* memory) override {
    forward_.BindScratchpad(memory);
    if (backward_.has_value()) backward_->BindScratchpad(memory);
  }

 private:
  const model::ActivationLayer spec_;
  const std::int64_t count_;
  const Tensors tensors_;
  Primitive forward_;
  std::optional<Primitive> backward_;  // none: a loop of ours, from dst
};

}  // namespace

// Where the derivative is not one of dst, backward reads src.
bool Activation::overwrites_src(bool training) const { return !training || HasDerivativeOfDst(spec_.activation); }

std::unique_ptr<LayerPass> Activation::MakePass(std::int64_t rows, bool /*training*/, const Tensors& tensors) {
  return std::make_unique<ActivationPass>(spec_, rows * width_, tensors);
}

}  // namespace hpsearch::nn
