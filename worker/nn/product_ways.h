// The ways in which oneDNN can compute a product of the training step, each with the memory formats that it likes
// best: what nn::Roofline chooses from. Internal to this room.
//
// Threads: any. Errors: dnnl::error, where no way is to be had.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "dnnl.hpp"

namespace hpsearch::nn {

// Where a tensor stands among the tensors of whoever asks.
using TensorId = std::size_t;

struct Operand {
  int name;  // DNNL_ARG_...
  dnnl::memory::desc desc;
  TensorId tensor;
};

// A primitive, to be run on tensors that have room for the operands' descriptors.
struct Way {
  dnnl::primitive primitive;
  dnnl::memory::desc scratchpad;
  std::vector<Operand> operands;
};

struct Product {
  double flops = 0;
  std::vector<Way> ways;  // one or more
};

// The tensors of a dense layer: src is rows x inputs, kernel and its gradient inputs x units, dst rows x units.
// Gradients of kernels are floats, whatever the type of all else.
struct DenseTensors {
  dnnl::memory::data_type type = dnnl::memory::data_type::f32;
  std::int64_t rows, inputs, units;
  TensorId src, kernel, dst;
  TensorId diff_src, gradient, diff_dst;
};

Product DenseForward(const DenseTensors& dense);          // dst = src . kernel
Product DenseBackwardWeights(const DenseTensors& dense);  // gradient = src^T . diff_dst
Product DenseBackwardData(const DenseTensors& dense);     // diff_src = diff_dst . kernel^T

}  // namespace hpsearch::nn
