// The largest value of each window, or the mean of its values that are in the image: Keras's MaxPooling2D,
// AveragePooling2D and, with a window as large as the image, GlobalAveragePooling2D. dst lies in its src's order.
//
// Threads and errors as layer.h has them.
#pragma once

#include <cstdint>
#include <memory>

#include "server/model/network.h"
#include "worker/nn/layer.h"
#include "worker/nn/layout.h"

namespace hpsearch::nn {

class Pooling2d : public Layer {
 public:
  // `undone` is the activation, other than linear, that the convolution in front applied and leaves to this layer
  // to differentiate: where only the largest value of a window counts, the derivative at it is all that is needed,
  // and the window's is taken once instead of each value's. Of max pooling alone.
  Pooling2d(const model::Pooling2dLayer& spec, const Layout& src, const Layout& dst, model::ActivationKind undone)
      : spec_(spec), src_(src), dst_(dst), undone_(undone) {}

  std::int64_t dst_width() const override { return dst_.size(); }
  bool elementwise() const override { return false; }
  std::unique_ptr<LayerPass> MakePass(std::int64_t rows, bool training, const Tensors& tensors) override;

 private:
  const model::Pooling2dLayer spec_;
  const Layout src_;
  const Layout dst_;
  const model::ActivationKind undone_;
};

}  // namespace hpsearch::nn
