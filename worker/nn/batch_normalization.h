// dst = gamma (src - mean) / sqrt(variance + epsilon) + beta for each channel of an image, or each feature of a
// flat sample: Keras's BatchNormalization (Ioffe and Szegedy, 2015), computed by oneDNN. A training pass takes
// mean and (biased) variance over its batch and brings the running ones on: running = momentum running + (1 -
// momentum) batch. An inference pass, and every pass of a layer that is not trainable, takes the running ones.
//
// Threads and errors as layer.h has them. Passes change the layer's statistics.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "server/model/network.h"
#include "worker/nn/layer.h"
#include "worker/nn/layout.h"

namespace hpsearch::nn {

class BatchNormalization : public Layer {
 public:
  BatchNormalization(const model::BatchNormalizationLayer& spec, const Layout& layout);

  std::int64_t dst_width() const override { return layout_.size(); }
  bool elementwise() const override { return true; }
  bool reads_dst() const override { return false; }
  std::unique_ptr<LayerPass> MakePass(std::int64_t rows, bool training, const Tensors& tensors) override;
  std::vector<Parameter*> parameters() override;
  std::vector<Parameter*> statistics() override { return {&mean_, &variance_}; }

 private:
  const model::BatchNormalizationLayer spec_;
  const Layout layout_;
  Parameter gamma_;  // ones for good without `scale`
  Parameter beta_;   // zeros for good without `center`
  Parameter mean_;
  Parameter variance_;
};

}  // namespace hpsearch::nn
