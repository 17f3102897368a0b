#include "worker/nn/batch_normalization.h"

#include <algorithm>
#include <optional>

#include "worker/nn/primitive.h"
#include "worker/nn/vectorized.h"

namespace hpsearch::nn {
namespace {

using Flags = dnnl::normalization_flags;

// running = momentum running + (1 - momentum) batch
HPSEARCH_VECTORIZED void BringOn(float momentum, const float* __restrict batch, float* __restrict running,
                                 std::int64_t count) {
  const float rest = 1.0f - momentum;
  for (std::int64_t i = 0; i < count; ++i) running[i] = momentum * running[i] + rest * batch[i];
}

struct Weights {
  Parameter& gamma;
  Parameter& beta;
  Parameter& mean;
  Parameter& variance;
};

dnnl::memory::desc PerChannel(const Parameter& parameter) {
  return {{parameter.units}, dnnl::memory::data_type::f32, dnnl::memory::format_tag::a};
}

dnnl::batch_normalization_forward::primitive_desc ForwardDesc(const dnnl::memory::desc& image, double epsilon,
                                                              bool of_batch) {
  const Flags flags = Flags::use_scale | Flags::use_shift;
  return {{of_batch ? dnnl::prop_kind::forward_training : dnnl::prop_kind::forward_inference, image,
           static_cast<float>(epsilon), of_batch ? flags : flags | Flags::use_global_stats},
          Attributes(),
          CpuEngine()};
}

class BatchNormalizationPass : public LayerPass {
 public:
  // `of_batch`: with the batch's statistics, which are kept here and brought into the running ones.
  BatchNormalizationPass(const model::BatchNormalizationLayer& spec, const dnnl::memory::desc& image,
                         const Weights& weights, bool of_batch, const Tensors& tensors)
      : momentum_(static_cast<float>(spec.momentum)),
        of_batch_(of_batch),
        weights_(weights),
        mean_(of_batch ? weights.mean.units : 0),
        variance_(mean_.size() > 0 ? weights.variance.units : 0),
        forward_(MakeForward(spec, image, tensors)) {
    if (tensors.diff_dst != nullptr) backward_ = MakeBackward(spec, image, tensors);
  }

  void Forward(const Step& /*step*/) override {
    forward_.Execute();
    if (!of_batch_) return;
    BringOn(momentum_, mean_.data(), weights_.mean.value.data(), weights_.mean.units);
    BringOn(momentum_, variance_.data(), weights_.variance.value.data(), weights_.variance.units);
  }
  void Backward() override { backward_->Execute(); }

  std::size_t ScratchpadBytes() const override {
    return std::max(forward_.scratchpad_bytes(), backward_.has_value() ? backward_->scratchpad_bytes() : 0);
  }
  void BindScratchpad(void* memory) override {
    forward_.BindScratchpad(memory);
    if (backward_.has_value()) backward_->BindScratchpad(memory);
  }

 private:
  const float* Mean() const { return of_batch_ ? mean_.data() : weights_.mean.value.data(); }
  const float* Variance() const { return of_batch_ ? variance_.data() : weights_.variance.value.data(); }

  Primitive MakeForward(const model::BatchNormalizationLayer& spec, const dnnl::memory::desc& image,
                        const Tensors& tensors) const {
    const auto desc = ForwardDesc(image, spec.epsilon, of_batch_);
    return {dnnl::batch_normalization_forward(desc),
            desc.scratchpad_desc(),
            {{DNNL_ARG_SRC, image, tensors.src},
             {DNNL_ARG_DST, image, tensors.dst},
             {DNNL_ARG_SCALE, PerChannel(weights_.gamma), weights_.gamma.value.data()},
             {DNNL_ARG_SHIFT, PerChannel(weights_.beta), weights_.beta.value.data()},
             {DNNL_ARG_MEAN, PerChannel(weights_.mean), Mean()},
             {DNNL_ARG_VARIANCE, PerChannel(weights_.variance), Variance()}}};
  }

  // In place. Frozen statistics are constants, through which nothing is differentiated.
  Primitive MakeBackward(const model::BatchNormalizationLayer& spec, const dnnl::memory::desc& image,
                         const Tensors& tensors) const {
    Flags flags = Flags::use_scale | Flags::use_shift;
    if (!of_batch_) flags = flags | Flags::use_global_stats;
    const dnnl::batch_normalization_backward::primitive_desc desc(
        {dnnl::prop_kind::backward, image, image, static_cast<float>(spec.epsilon), flags}, Attributes(),
        CpuEngine(), ForwardDesc(image, spec.epsilon, of_batch_));
    return {dnnl::batch_normalization_backward(desc),
            desc.scratchpad_desc(),
            {{DNNL_ARG_SRC, image, tensors.src},
             {DNNL_ARG_MEAN, PerChannel(weights_.mean), Mean()},
             {DNNL_ARG_VARIANCE, PerChannel(weights_.variance), Variance()},
             {DNNL_ARG_SCALE, PerChannel(weights_.gamma), weights_.gamma.value.data()},
             {DNNL_ARG_SHIFT, PerChannel(weights_.beta), weights_.beta.value.data()},
             {DNNL_ARG_DIFF_DST, image, tensors.diff_dst},
             {DNNL_ARG_DIFF_SRC, image, tensors.diff_dst},
             {DNNL_ARG_DIFF_SCALE, PerChannel(weights_.gamma), weights_.gamma.gradient.data()},
             {DNNL_ARG_DIFF_SHIFT, PerChannel(weights_.beta), weights_.beta.gradient.data()}}};
  }

  const float momentum_;
  const bool of_batch_;
  const Weights weights_;
  Floats mean_;
  Floats variance_;
  Primitive forward_;
  std::optional<Primitive> backward_;  // none: not wanted
};

Parameter Row(std::int64_t units, float value, bool trained) {
  Parameter row = {.inputs = 1, .units = units, .value = Floats(units), .gradient = Floats(trained ? units : 0)};
  std::ranges::fill(row.value.span(), value);
  return row;
}

// Features without an image lie side by side: channels last, for vectors along them.
Layout Normalized(Layout layout) {
  if (layout.height * layout.width == 1) layout.order = ChannelOrder::kLast;
  return layout;
}

}  // namespace

BatchNormalization::BatchNormalization(const model::BatchNormalizationLayer& spec, const Layout& layout)
    : spec_(spec),
      layout_(Normalized(layout)),
      gamma_(Row(layout.channels, 1.0f, true)),
      beta_(Row(layout.channels, 0.0f, true)),
      mean_(Row(layout.channels, 0.0f, false)),
      variance_(Row(layout.channels, 1.0f, false)) {}

std::unique_ptr<LayerPass> BatchNormalization::MakePass(std::int64_t rows, bool training, const Tensors& tensors) {
  return std::make_unique<BatchNormalizationPass>(spec_, ImageDesc(rows, layout_),
                                                  Weights{gamma_, beta_, mean_, variance_},
                                                  training && spec_.trainable, tensors);
}

std::vector<Parameter*> BatchNormalization::parameters() {
  std::vector<Parameter*> parameters;
  if (spec_.trainable && spec_.scale) parameters.push_back(&gamma_);
  if (spec_.trainable && spec_.center) parameters.push_back(&beta_);
  return parameters;
}

}  // namespace hpsearch::nn
