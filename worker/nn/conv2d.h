// dst[f] = activation(sum over the kernel's rows, columns and channels of src . kernel[f] + bias[f]) at each
// place: Keras's Conv2D. src and dst are images that lie as their layouts say; the convolutions are oneDNN's,
// direct ones (Winograd's would round otherwise), bias and activation fused into the forward one.
//
// The kernel is kept in Keras's order, height x width x channels x filters, so that the optimizer and max-norm see
// the matrix that they see everywhere, and is copied to the format of each convolution in the step: a few
// thousandths of the convolution's own time.
//
// Threads and errors as layer.h has them.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <vector>

#include "server/model/network.h"
#include "server/model/training.h"
#include "worker/nn/layer.h"
#include "worker/nn/layout.h"
#include "worker/nn/random_stream.h"

namespace hpsearch::nn {

class Conv2d : public Layer {
 public:
  // As Dense. The activation's derivative is one of dst. Where `differentiates` is false, diff_dst arrives with
  // the activation's derivative in it (the pooling behind applies it to its own, smaller one).
  Conv2d(const model::Conv2dLayer& spec, const Layout& src, const Layout& dst, bool differentiates,
         const RandomSource& source, std::int64_t place, model::Precision precision);

  std::int64_t dst_width() const override { return dst_.size(); }
  bool elementwise() const override { return false; }
  std::unique_ptr<LayerPass> MakePass(std::int64_t rows, bool training, const Tensors& tensors) override;
  std::vector<Parameter*> parameters() override;

 private:
  const model::Conv2dLayer spec_;
  const model::Precision precision_;
  const Layout src_;
  const Layout dst_;
  const bool differentiates_;
  Parameter kernel_;
  Parameter bias_;
  // The kernel, or its gradient, in a convolution's format, by how many floats that takes: filled right before it
  // is read, and so shared by all convolutions of all passes, of which one runs at a time.
  std::map<std::int64_t, Floats> copies_;
};

}  // namespace hpsearch::nn
