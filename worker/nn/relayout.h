// The same images in another order of memory: where a convolution cannot read the sample as it comes, and where
// what is an image becomes an output or features that are counted one by one.
//
// Threads and errors as layer.h has them.
#pragma once

#include <cstdint>
#include <memory>

#include "worker/nn/layer.h"
#include "worker/nn/layout.h"

namespace hpsearch::nn {

class Relayout : public Layer {
 public:
  // Both of the same image.
  Relayout(const Layout& src, const Layout& dst) : src_(src), dst_(dst) {}

  std::int64_t dst_width() const override { return dst_.size(); }
  bool elementwise() const override { return false; }
  std::unique_ptr<LayerPass> MakePass(std::int64_t rows, bool training, const Tensors& tensors) override;

 private:
  const Layout src_;
  const Layout dst_;
};

}  // namespace hpsearch::nn
