// Inverted dropout of whole channels of an image: Keras's SpatialDropout2D (Tompson et al. 2015). Decision row *
// channels + channel of the layer's stream (dropout.h) is that of a row's channel, however the image lies.
//
// Threads and errors as layer.h has them.
#pragma once

#include <cstdint>
#include <memory>

#include "worker/nn/dropout.h"
#include "worker/nn/layer.h"
#include "worker/nn/layout.h"

namespace hpsearch::nn {

class SpatialDropout2d : public Layer {
 public:
  SpatialDropout2d(const DropoutRule& rule, const Layout& layout) : rule_(rule), layout_(layout) {}

  std::int64_t dst_width() const override { return layout_.size(); }
  bool elementwise() const override { return true; }
  bool training_only() const override { return true; }
  bool reads_dst() const override { return false; }
  std::unique_ptr<LayerPass> MakePass(std::int64_t rows, bool training, const Tensors& tensors) override;

 private:
  const DropoutRule rule_;
  const Layout layout_;
};

}  // namespace hpsearch::nn
