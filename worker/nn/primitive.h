// A oneDNN primitive with its arguments bound: made once, executed at every step without allocating. Internal to
// this room: the one header that shows dnnl.hpp.
//
// Threads: made and executed on one thread. Errors: dnnl::error.
#pragma once

#include <utility>
#include <vector>

#include "dnnl.hpp"
#include "server/model/network.h"

namespace hpsearch::nn {

// The process's one CPU engine; safe to share.
const dnnl::engine& CpuEngine();

// Attributes that every primitive here carries: working memory is the caller's. With an activation other than
// linear, it is applied to what the primitive writes.
dnnl::primitive_attr Attributes(model::ActivationKind activation = model::ActivationKind::kLinear);
// Requires relu, tanh or sigmoid.
dnnl::algorithm AlgorithmOf(model::ActivationKind activation);

class Primitive {
 public:
  struct Argument {
    int name;  // DNNL_ARG_...
    dnnl::memory::desc desc;
    const float* data;
  };

  Primitive(const dnnl::primitive& primitive, const dnnl::memory::desc& scratchpad,
            const std::vector<Argument>& arguments);

  std::size_t scratchpad_bytes() const { return scratchpad_.get_desc().get_size(); }
  void BindScratchpad(void* memory) { scratchpad_.set_data_handle(memory); }
  void Execute() const;

 private:
  dnnl::primitive primitive_;
  dnnl::stream stream_;
  dnnl::memory scratchpad_;
  std::vector<dnnl::memory> memories_;
  std::vector<dnnl_exec_arg_t> arguments_;  // as the C interface takes them; the C++ one allocates at each call
};

}  // namespace hpsearch::nn
