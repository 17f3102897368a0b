#include "worker/nn/primitive.h"

namespace hpsearch::nn {

const dnnl::engine& CpuEngine() {
  static const auto* const kEngine = new dnnl::engine(dnnl::engine::kind::cpu, 0);  // outlives every thread
  return *kEngine;
}

dnnl::algorithm AlgorithmOf(model::ActivationKind activation) {
  switch (activation) {
    case model::ActivationKind::kRelu:
      return dnnl::algorithm::eltwise_relu;
    case model::ActivationKind::kTanh:
      return dnnl::algorithm::eltwise_tanh;
    case model::ActivationKind::kSigmoid:
      return dnnl::algorithm::eltwise_logistic;
    default:
      return dnnl::algorithm::undef;
  }
}

dnnl::primitive_attr Attributes(model::ActivationKind activation) {
  dnnl::primitive_attr attributes;
  attributes.set_scratchpad_mode(dnnl::scratchpad_mode::user);
  if (activation != model::ActivationKind::kLinear) {
    dnnl::post_ops post_ops;
    post_ops.append_eltwise(1.0f, AlgorithmOf(activation), 0.0f, 0.0f);
    attributes.set_post_ops(post_ops);
  }
  return attributes;
}

Primitive::Primitive(const dnnl::primitive& primitive, const dnnl::memory::desc& scratchpad,
                     const std::vector<Argument>& arguments)
    : primitive_(primitive), stream_(CpuEngine()), scratchpad_(scratchpad, CpuEngine(), nullptr) {
  memories_.reserve(arguments.size());
  for (const Argument& argument : arguments) {
    memories_.emplace_back(argument.desc, CpuEngine(), const_cast<float*>(argument.data));
    arguments_.push_back({argument.name, memories_.back().get()});
  }
  arguments_.push_back({DNNL_ARG_SCRATCHPAD, scratchpad_.get()});
}

void Primitive::Execute() const {
  dnnl::error::wrap_c_api(dnnl_primitive_execute(primitive_.get(), stream_.get(),
                                                 static_cast<int>(arguments_.size()), arguments_.data()),
                          "could not execute a primitive");
}

}  // namespace hpsearch::nn
