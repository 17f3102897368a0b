// dst = f(src) element by element; f is relu, tanh or sigmoid, as oneDNN computes them. The softmax and the
// sigmoid that a loss is taken of are part of the loss (loss.h).
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
  Activation(model::ActivationKind kind, std::int64_t width) : kind_(kind), width_(width) {}

  std::int64_t dst_width() const override { return width_; }
  bool elementwise() const override { return true; }
  std::unique_ptr<LayerPass> MakePass(std::int64_t rows, bool training, const Tensors& tensors) override;

 private:
  const model::ActivationKind kind_;
  const std::int64_t width_;
};

}  // namespace hpsearch::nn
