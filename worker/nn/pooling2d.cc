#include "worker/nn/pooling2d.h"

#include <algorithm>
#include <optional>

#include "server/model/shapes.h"
#include "worker/nn/elementwise.h"
#include "worker/nn/primitive.h"

namespace hpsearch::nn {
namespace {

using Dims = dnnl::memory::dims;

struct Geometry {
  dnnl::algorithm algorithm;
  dnnl::memory::desc src;
  dnnl::memory::desc dst;
  Dims window;
  Dims strides;
  Dims before;
  Dims after;
};

Geometry GeometryOf(const model::Pooling2dLayer& spec, const Layout& src, const Layout& dst, std::int64_t rows) {
  const model::Sliding down =
      model::SlidingOf(src.height, spec.pool_size.height, spec.strides.height, 1, spec.padding);
  const model::Sliding across =
      model::SlidingOf(src.width, spec.pool_size.width, spec.strides.width, 1, spec.padding);
  return {.algorithm = spec.kind == model::PoolingKind::kMax ? dnnl::algorithm::pooling_max
                                                             : dnnl::algorithm::pooling_avg_exclude_padding,
          .src = ImageDesc(rows, src),
          .dst = ImageDesc(rows, dst),
          .window = {spec.pool_size.height, spec.pool_size.width},
          .strides = {spec.strides.height, spec.strides.width},
          .before = {down.before, across.before},
          .after = {down.after, across.after}};
}

dnnl::pooling_forward::primitive_desc ForwardDesc(const Geometry& at, bool training) {
  return {{training ? dnnl::prop_kind::forward_training : dnnl::prop_kind::forward_inference, at.algorithm, at.src,
           at.dst, at.strides, at.window, at.before, at.after},
          Attributes(),
          CpuEngine()};
}

// Of max pooling in training: where in its window each largest value was.
Floats MakeWorkspace(const dnnl::memory::desc& desc) {
  return Floats(static_cast<std::int64_t>((desc.get_size() + sizeof(float) - 1) / sizeof(float)));
}

Primitive MakeForward(const Geometry& at, const dnnl::pooling_forward::primitive_desc& desc,
                      const Floats& workspace, const Tensors& tensors) {
  std::vector<Primitive::Argument> arguments = {{DNNL_ARG_SRC, at.src, tensors.src},
                                                {DNNL_ARG_DST, at.dst, tensors.dst}};
  if (workspace.size() > 0) arguments.push_back({DNNL_ARG_WORKSPACE, desc.workspace_desc(), workspace.data()});
  return {dnnl::pooling_forward(desc), desc.scratchpad_desc(), arguments};
}

Primitive MakeBackward(const Geometry& at, const dnnl::pooling_forward::primitive_desc& forward,
                       const Floats& workspace, const Tensors& tensors) {
  const dnnl::pooling_backward::primitive_desc desc(
      {at.algorithm, at.src, at.dst, at.strides, at.window, at.before, at.after}, Attributes(), CpuEngine(),
      forward);
  std::vector<Primitive::Argument> arguments = {{DNNL_ARG_DIFF_DST, at.dst, tensors.diff_dst},
                                                {DNNL_ARG_DIFF_SRC, at.src, tensors.diff_src}};
  if (workspace.size() > 0) arguments.push_back({DNNL_ARG_WORKSPACE, forward.workspace_desc(), workspace.data()});
  return {dnnl::pooling_backward(desc), desc.scratchpad_desc(), arguments};
}

class Pooling2dPass : public LayerPass {
 public:
  Pooling2dPass(const Geometry& at, model::ActivationKind undone, std::int64_t dst_count, bool training,
                const Tensors& tensors)
      : Pooling2dPass(at, ForwardDesc(at, training), undone, dst_count, training, tensors) {}

  void Forward(const Step& /*step*/) override { forward_.Execute(); }

  void Backward() override {
    ActivationBackward(undone_, model::DefaultAlpha(undone_), tensors_.dst, tensors_.diff_dst, dst_count_);
    if (backward_.has_value()) backward_->Execute();
  }

  std::size_t ScratchpadBytes() const override {
    return std::max(forward_.scratchpad_bytes(), backward_.has_value() ? backward_->scratchpad_bytes() : 0);
  }
  void BindScratchpad(void* memory) override {
    forward_.BindScratchpad(memory);
    if (backward_.has_value()) backward_->BindScratchpad(memory);
  }

 private:
  Pooling2dPass(const Geometry& at, const dnnl::pooling_forward::primitive_desc& desc,
                model::ActivationKind undone, std::int64_t dst_count, bool training, const Tensors& tensors)
      : undone_(undone),
        dst_count_(dst_count),
        tensors_(tensors),
        workspace_(MakeWorkspace(desc.workspace_desc())),
        forward_(MakeForward(at, desc, workspace_, tensors)) {
    if (training && tensors.diff_src != nullptr) backward_ = MakeBackward(at, desc, workspace_, tensors);
  }

  const model::ActivationKind undone_;
  const std::int64_t dst_count_;
  const Tensors tensors_;
  Floats workspace_;
  Primitive forward_;
  std::optional<Primitive> backward_;  // none: nothing in front is trained
};

}  // namespace

std::unique_ptr<LayerPass> Pooling2d::MakePass(std::int64_t rows, bool training, const Tensors& tensors) {
  return std::make_unique<Pooling2dPass>(GeometryOf(spec_, src_, dst_, rows), undone_, rows * dst_.size(),
                                         training, tensors);
}

}  // namespace hpsearch::nn
