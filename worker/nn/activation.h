// dst = f(src) element by element, as oneDNN computes f: any activation but linear and softmax. The softmax and
// the sigmoid that a loss is taken of are part of the loss (loss.h).
//
// Threads and errors as layer.h has them.
#pragma once

#include <cstdint>
#include <memory>

#include "server/model/network.h"
#include "worker/nn/layer.h"

namespace hpsearch::nn {

class Activation : public Layer {
 public:
  Activation(const model::ActivationLayer& spec, std::int64_t width) : spec_(spec), width_(width) {}

  std::int64_t dst_width() const override { return width_; }
  bool elementwise() const override { return true; }
  bool overwrites_src(bool training) const override;
  std::unique_ptr<LayerPass> MakePass(std::int64_t rows, bool training, const Tensors& tensors) override;

 private:
  const model::ActivationLayer spec_;
  const std::int64_t width_;
};

}  // namespace hpsearch::nn
