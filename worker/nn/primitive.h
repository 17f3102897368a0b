// A oneDNN primitive with its arguments bound: made once, executed at every step without allocating. Internal to
// this room: the one header that shows dnnl.hpp.
//
// Threads: made and executed on one thread. Errors: dnnl::error.
#pragma once

#include <utility>
#include <vector>

#include "dnnl.hpp"
#include "server/model/network.h"
#include "worker/nn/layout.h"

namespace hpsearch::nn {

// The process's one CPU engine; safe to share.
const dnnl::engine& CpuEngine();

// Attributes that every primitive here carries: working memory is the caller's. With an activation other than
// linear, it is applied to what the primitive writes.
dnnl::primitive_attr Attributes(model::ActivationKind activation = model::ActivationKind::kLinear);
// Any activation but linear and softmax, and what oneDNN calls its alpha, given the activation's.
dnnl::algorithm AlgorithmOf(model::ActivationKind activation);
float AlphaOf(model::ActivationKind activation, double alpha);

// A batch of images that lie so.
dnnl::memory::desc ImageDesc(std::int64_t rows, const Layout& layout,
                             dnnl::memory::data_type type = dnnl::memory::data_type::f32);

class Primitive {
 public:
  struct Argument {
    int name;  // DNNL_ARG_...
    dnnl::memory::desc desc;
    const void* data;
  };

  // A copy from one format to another.
  static Primitive Reorder(const dnnl::memory::desc& src_desc, const void* src, const dnnl::memory::desc& dst_desc,
                           void* dst);

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
