// What every layer is to the graph that runs it. A layer holds what training changes; a layer's pass holds what a
// batch of one size needs: primitives made once, bound to buffers that stay where they are, so that a step makes
// and allocates nothing.
//
// Tensors carry oneDNN's names: src, dst, diff_src, diff_dst; rows of floats, one row a sample.
//
// Threads: one graph, one thread. Ownership: the graph owns layers, its passes own theirs; a pass must not outlive
// the layers that it runs. Errors: dnnl::error, which the graph turns into a status.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "worker/nn/floats.h"

namespace hpsearch::nn {

// A step of training: with the stream, it names the step's random numbers.
struct Step {
  std::int64_t epoch = 0;
  std::int64_t index = 0;  // counted over the whole training
};

// A matrix that is trained: a kernel (inputs x units) or a bias (1 x units). A convolution's kernel has kernel
// height x kernel width x channels of its group as inputs, in this order (Keras's), and its filters as units.
struct Parameter {
  std::int64_t inputs = 0;
  std::int64_t units = 0;
  bool units_innermost =
      true;  // the order in memory: value[input * units + unit], else value[unit * inputs + input]
  std::optional<double> max_norm;
  double l1 = 0, l2 = 0;            // penalties: l1 * sum |w| + l2 * sum w^2
  double learning_rate_factor = 1;  // 0: frozen, and the gradient is not computed
  Floats value;
  Floats gradient;
  // Where in memory each input stands among the inputs; empty: where it is counted. Behind an image (layout.h).
  std::vector<std::int32_t> input_places;

  bool frozen() const { return learning_rate_factor == 0; }

  std::int64_t At(std::int64_t input, std::int64_t unit) const {
    const std::int64_t place = input_places.empty() ? input : input_places[static_cast<std::size_t>(input)];
    return units_innermost ? place * units + unit : unit * inputs + place;
  }
};

// One of several tensors that a pass reads.
struct Branch {
  const float* src = nullptr;
  float* diff_src = nullptr;  // null: nobody wants it; diff_dst itself: it stands there already
  bool adds = false;          // to what another reader of the same tensor has left there, rather than overwrite it
};

// Where a pass reads and writes. In training, diff_dst is overwritten; diff_src is null where nobody wants it. A
// layer that reads several has `branches` instead of src and diff_src; they are only there while the pass is made.
struct Tensors {
  const float* src = nullptr;
  float* dst = nullptr;
  float* diff_dst = nullptr;
  float* diff_src = nullptr;
  std::span<const Branch> branches;
};

class LayerPass {
 public:
  virtual ~LayerPass() = default;
  virtual void Forward(const Step& step) = 0;
  // After Forward, in training alone: from diff_dst the parameters' gradients and diff_src.
  virtual void Backward() = 0;
  // Working memory that all passes of a graph share: the most that one needs, then where it is.
  virtual std::size_t ScratchpadBytes() const { return 0; }
  virtual void BindScratchpad(void* /*memory*/) {}
};

class Layer {
 public:
  virtual ~Layer() = default;
  virtual std::int64_t dst_width() const = 0;
  // diff_src is diff_dst itself, changed in place.
  virtual bool elementwise() const = 0;
  // Forward may write dst where src is, as far as the layer itself goes.
  virtual bool overwrites_src(bool /*training*/) const { return false; }
  // Backward reads dst, which therefore has to stay.
  virtual bool reads_dst() const { return true; }
  // The identity outside training: such passes are not made.
  virtual bool training_only() const { return false; }
  virtual std::unique_ptr<LayerPass> MakePass(std::int64_t rows, bool training, const Tensors& tensors) = 0;
  virtual std::vector<Parameter*> parameters() { return {}; }
  // What the passes themselves change in training; their gradients are empty.
  virtual std::vector<Parameter*> statistics() { return {}; }
  // There is something in it that training changes.
  bool trains() {
    const std::vector<Parameter*> all = parameters();
    return std::any_of(all.begin(), all.end(), [](const Parameter* each) { return !each->frozen(); });
  }
};

}  // namespace hpsearch::nn
