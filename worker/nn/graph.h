// A network that runs: its layers, each with its weights, in an order in which each stands behind those that it
// reads; and the passes that carry batches through them.
//
// src is rows of samples in the order in which model::Shape counts their values, dst rows of outputs in theirs;
// between them images lie as is fastest (layout.h).
//
// What the graph leaves to others: a dropout in front of everything (input_dropout; whoever fills a pass's src
// applies it while at it) and the softmax or sigmoid at the end (the loss's; dst holds logits).
//
// Threads: a graph and its passes are made and run on one thread. Ownership: a pass must not outlive its graph.
// Errors: INVALID_ARGUMENT (a network that cannot be run), INTERNAL (oneDNN's own words).
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "server/model/network.h"
#include "server/model/training.h"
#include "worker/nn/assembly.h"
#include "worker/nn/dropout.h"
#include "worker/nn/layer.h"

namespace hpsearch::nn {

// Batches of one size on their way through a graph. Fill src (and, in training, diff_dst between Forward and
// Backward); read dst; the gradients go to the graph's parameters.
class Pass {
 public:
  std::int64_t rows() const { return rows_; }
  float* src() { return src_.data(); }
  const float* dst() const { return dst_; }
  float* diff_dst() { return diff_dst_; }

  absl::Status Forward(const Step& step = {});
  absl::Status Backward();

 private:
  friend class PassMaker;

  // What a layer's backward has left beside the gradient of the tensor that it reads, which has other readers too;
  // is added to it there.
  struct Share {
    const float* diff = nullptr;  // null: none
    float* sum = nullptr;
    std::int64_t count = 0;
  };
  struct Stage {
    std::unique_ptr<LayerPass> layer;
    bool backward = false;
    Share share;
  };

  std::int64_t rows_ = 0;
  Floats src_;
  const float* dst_ = nullptr;
  float* diff_dst_ = nullptr;
  std::vector<Floats> tensors_;
  Floats scratchpad_;
  std::vector<Stage> stages_;
};

class Graph {
 public:
  // `precision`: of what products and convolutions multiply (bf16.h).
  static absl::StatusOr<std::unique_ptr<Graph>> Create(const model::Network& network, const RandomSource& source,
                                                       model::Precision precision = model::Precision::kF32);

  std::int64_t dst_width() const;
  const std::optional<DropoutRule>& input_dropout() const { return assembly_.input_dropout; }
  // Kernel and bias of each layer, first layer first; they stay where they are as long as the graph does.
  const std::vector<Parameter*>& parameters() const { return parameters_; }
  // What training passes change beside them, and a checkpoint holds with them: running means and variances.
  const std::vector<Parameter*>& statistics() const { return statistics_; }

  absl::StatusOr<std::unique_ptr<Pass>> MakeTrainingPass(std::int64_t rows) { return MakePass(rows, true); }
  // Without dropout and Backward.
  absl::StatusOr<std::unique_ptr<Pass>> MakeInferencePass(std::int64_t rows) { return MakePass(rows, false); }

 private:
  Graph() = default;
  absl::StatusOr<std::unique_ptr<Pass>> MakePass(std::int64_t rows, bool training);

  std::int64_t src_width_ = 0;
  Assembly assembly_;
  std::vector<Parameter*> parameters_;
  std::vector<Parameter*> statistics_;
};

}  // namespace hpsearch::nn
