// Makes a pass of a graph: gives every tensor its place in memory and binds each layer to the tensors that it
// reads and writes. Internal to this room.
//
// A tensor that several layers read gets the sum of their gradients: the last of them, whose backward runs first,
// writes it, the others add to it in the order in which they run, so that the sum has one order. Where only one
// reads it, nothing is added and nothing copied.
//
// Threads and errors as layer.h has them.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "worker/nn/assembly.h"
#include "worker/nn/graph.h"

namespace hpsearch::nn {

class PassMaker {
 public:
  // `nodes` outlives the maker, and their layers its pass.
  PassMaker(const std::vector<Assembly::Node>& nodes, std::int64_t src_width, std::int64_t rows, bool training);

  std::unique_ptr<Pass> Run();

 private:
  // The sample, or what a node makes.
  struct Tensor {
    float* data = nullptr;
    float* diff = nullptr;  // null: nobody wants it
    std::int64_t width = 0;
    std::vector<std::size_t> readers;  // nodes, first to last; one that reads it twice stands twice
  };

  // Tensor 0 is the sample, tensor i + 1 what node i makes.
  Tensor& Behind(std::size_t node) { return tensors_[node + 1]; }
  Tensor& ReadBy(std::size_t node, std::size_t input);
  float* NewTensor(std::int64_t width);
  // Its gradient begins with what this node leaves there.
  static bool WritesFirst(const Tensor& tensor, std::size_t node) { return tensor.readers.back() == node; }

  void Make(std::size_t node);
  float* DstOf(std::size_t node);
  // Where the gradient of what an elementwise node reads may stand, with no copy; null: nowhere.
  float* InPlace(std::size_t node);
  std::unique_ptr<LayerPass> OfOneInput(std::size_t node, Tensors tensors, Pass::Share& share);
  std::unique_ptr<LayerPass> OfSeveral(std::size_t node, Tensors tensors);
  // For the shares of gradients, each used before the next is written.
  float* ShareBuffer();

  const std::vector<Assembly::Node>& nodes_;
  const std::int64_t rows_;
  const bool training_;
  std::vector<Tensor> tensors_;
  float* share_ = nullptr;
  std::unique_ptr<Pass> pass_ = std::make_unique<Pass>();
};

}  // namespace hpsearch::nn
