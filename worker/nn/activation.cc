#include "worker/nn/activation.h"

#include "worker/nn/elementwise.h"
#include "worker/nn/primitive.h"

namespace hpsearch::nn {
namespace {

Primitive MakeForward(model::ActivationKind kind, std::int64_t count, const Tensors& tensors) {
  const dnnl::memory::desc desc({count}, dnnl::memory::data_type::f32, dnnl::memory::format_tag::a);
  const dnnl::eltwise_forward::primitive_desc forward(
      {dnnl::prop_kind::forward_training, AlgorithmOf(kind), desc, 0.0f, 0.0f}, Attributes(), CpuEngine());
  return {dnnl::eltwise_forward(forward),
          forward.scratchpad_desc(),
          {{DNNL_ARG_SRC, desc, tensors.src}, {DNNL_ARG_DST, desc, tensors.dst}}};
}

class ActivationPass : public LayerPass {
 public:
  ActivationPass(model::ActivationKind kind, std::int64_t count, const Tensors& tensors)
      : kind_(kind), count_(count), tensors_(tensors), forward_(MakeForward(kind, count, tensors)) {}

  void Forward(const Step& /*step*/) override { forward_.Execute(); }
  void Backward() override { ActivationBackward(kind_, tensors_.dst, tensors_.diff_dst, count_); }
  std::size_t ScratchpadBytes() const override { return forward_.scratchpad_bytes(); }
  void BindScratchpad(void* memory) override { forward_.BindScratchpad(memory); }

 private:
  const model::ActivationKind kind_;
  const std::int64_t count_;
  const Tensors tensors_;
  Primitive forward_;
};

}  // namespace

std::unique_ptr<LayerPass> Activation::MakePass(std::int64_t rows, bool /*training*/, const Tensors& tensors) {
  return std::make_unique<ActivationPass>(kind_, rows * width_, tensors);
}

}  // namespace hpsearch::nn
