#include "worker/nn/primitive.h"

namespace hpsearch::nn {

const dnnl::engine& CpuEngine() {
  static const auto* const kEngine = new dnnl::engine(dnnl::engine::kind::cpu, 0);  // outlives every thread
  return *kEngine;
}

dnnl::algorithm AlgorithmOf(model::ActivationKind activation) {
  switch (activation) {
    case model::ActivationKind::kRelu:
    case model::ActivationKind::kLeakyRelu:
      return dnnl::algorithm::eltwise_relu;
    case model::ActivationKind::kElu:
      return dnnl::algorithm::eltwise_elu;
    case model::ActivationKind::kGelu:
      return dnnl::algorithm::eltwise_gelu_erf;
    case model::ActivationKind::kSwish:
      return dnnl::algorithm::eltwise_swish;
    case model::ActivationKind::kSoftplus:
      return dnnl::algorithm::eltwise_soft_relu;
    case model::ActivationKind::kTanh:
      return dnnl::algorithm::eltwise_tanh;
    case model::ActivationKind::kSigmoid:
      return dnnl::algorithm::eltwise_logistic;
    default:
      return dnnl::algorithm::undef;
  }
}

float AlphaOf(model::ActivationKind activation, double alpha) {
  return activation == model::ActivationKind::kSwish ? 1.0f : static_cast<float>(alpha);  // x sigmoid(alpha x)
}

dnnl::memory::desc ImageDesc(std::int64_t rows, const Layout& layout, dnnl::memory::data_type type) {
  using Tag = dnnl::memory::format_tag;
  Tag tag = Tag::nchw;
  if (layout.order == ChannelOrder::kLast) tag = Tag::nhwc;
  if (layout.order == ChannelOrder::kBlocked) tag = Tag::nChw16c;
  return {{rows, layout.channels, layout.height, layout.width}, type, tag};
}

dnnl::primitive_attr Attributes(model::ActivationKind activation) {
  dnnl::primitive_attr attributes;
  attributes.set_scratchpad_mode(dnnl::scratchpad_mode::user);
  if (activation != model::ActivationKind::kLinear) {
    dnnl::post_ops post_ops;
    post_ops.append_eltwise(1.0f, AlgorithmOf(activation), AlphaOf(activation, model::DefaultAlpha(activation)),
                            0.0f);
    attributes.set_post_ops(post_ops);
  }
  return attributes;
}

Primitive::Primitive(const dnnl::primitive& primitive, const dnnl::memory::desc& scratchpad,
                     const std::vector<Argument>& arguments)
    : primitive_(primitive), stream_(CpuEngine()), scratchpad_(scratchpad, CpuEngine(), nullptr) {
  memories_.reserve(arguments.size());
  for (const Argument& argument : arguments) {
    memories_.emplace_back(argument.desc, CpuEngine(), const_cast<void*>(argument.data));
    arguments_.push_back({argument.name, memories_.back().get()});
  }
  arguments_.push_back({DNNL_ARG_SCRATCHPAD, scratchpad_.get()});
}

Primitive Primitive::Reorder(const dnnl::memory::desc& src_desc, const void* src,
                             const dnnl::memory::desc& dst_desc, void* dst) {
  const dnnl::reorder::primitive_desc reorder(CpuEngine(), src_desc, CpuEngine(), dst_desc, Attributes());
  return {dnnl::reorder(reorder),
          reorder.scratchpad_desc(),
          {{DNNL_ARG_FROM, src_desc, src}, {DNNL_ARG_TO, dst_desc, dst}}};
}

void Primitive::Execute() const {
  dnnl::error::wrap_c_api(dnnl_primitive_execute(primitive_.get(), stream_.get(),
                                                 static_cast<int>(arguments_.size()), arguments_.data()),
                          "could not execute a primitive");
}

}  // namespace hpsearch::nn
