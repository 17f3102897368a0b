// dst = several tensors side by side: images along their channels, flat samples along their values: Keras's
// Concatenate. All lie in one order; in blocks, the channels of each fill whole ones.
//
// Threads and errors as layer.h has them.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "worker/nn/layer.h"
#include "worker/nn/layout.h"

namespace hpsearch::nn {

class Concatenate : public Layer {
 public:
  Concatenate(const std::vector<Layout>& srcs, const Layout& dst);

  std::int64_t dst_width() const override { return width_; }
  bool elementwise() const override { return false; }
  bool reads_dst() const override { return false; }
  std::unique_ptr<LayerPass> MakePass(std::int64_t rows, bool training, const Tensors& tensors) override;

 private:
  const std::int64_t width_;
  std::int64_t runs_;  // of a sample: the values that lie together of each tensor, next to those of
                       // the others
  std::vector<std::int64_t> lengths_;  // of a run, tensor by tensor
};

}  // namespace hpsearch::nn
