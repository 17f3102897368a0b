// dst = the sum of several tensors of one shape that lie alike, first to last: Keras's Add. The gradient of each
// is that of dst.
//
// Threads and errors as layer.h has them.
#pragma once

#include <cstdint>
#include <memory>

#include "worker/nn/layer.h"

namespace hpsearch::nn {

class AddUp : public Layer {
 public:
  explicit AddUp(std::int64_t width) : width_(width) {}

  std::int64_t dst_width() const override { return width_; }
  bool elementwise() const override { return true; }
  bool reads_dst() const override { return false; }
  std::unique_ptr<LayerPass> MakePass(std::int64_t rows, bool training, const Tensors& tensors) override;

 private:
  const std::int64_t width_;
};

}  // namespace hpsearch::nn
