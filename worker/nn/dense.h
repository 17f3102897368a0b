// dst = activation(src . kernel + bias): src is rows x inputs, kernel inputs x units, dst rows x units. The
// products are oneDNN's, bias and activation fused into the forward one; in training a relu's dropout follows in
// place, while dst is in the cache, and backward undoes both at once.
//
// The kernel is kept in one plain order, which all products of all batch sizes read as it is. oneDNN's blocked
// formats gain one to two hundredths in a forward product of this kind and cost as much in the weight gradient's.
//
// Behind an image the inputs lie in memory as the image's values do (layout.h), so that nothing is copied between.
//
// Threads and errors as layer.h has them.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "server/model/network.h"
#include "server/model/training.h"
#include "worker/nn/dropout.h"
#include "worker/nn/layer.h"
#include "worker/nn/layout.h"
#include "worker/nn/random_stream.h"

namespace hpsearch::nn {

class Dense : public Layer {
 public:
  // `place` is the layer's in the network; it names the random numbers of the initial weights. The activation is
  // one whose derivative is one of dst (elementwise.h). `dropout`: behind a relu alone.
  Dense(const model::DenseLayer& spec, const Layout& src, const RandomSource& source, std::int64_t place,
        model::Precision precision, const std::optional<DropoutRule>& dropout = std::nullopt);

  std::int64_t dst_width() const override { return kernel_.units; }
  bool elementwise() const override { return false; }
  std::unique_ptr<LayerPass> MakePass(std::int64_t rows, bool training, const Tensors& tensors) override;
  std::vector<Parameter*> parameters() override;

 private:
  const model::ActivationKind activation_;
  const bool use_bias_;
  const std::optional<DropoutRule> dropout_;
  Parameter kernel_;
  Parameter bias_;
  Bf16s rounded_;  // the kernel, where products are in bf16: filled by each pass before it reads it
};

}  // namespace hpsearch::nn
