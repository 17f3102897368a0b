// The ways in which oneDNN can compute a convolution or a pooling of the training step, as product_ways.h has them
// of matrix products: what nn::Roofline chooses from. Internal to this room.
//
// Convolutions choose their formats themselves; a pooling takes the format that its image comes in, so that there
// is a way for each: channels first, last and in blocks.
//
// Threads: any. Errors: dnnl::error, where no way is to be had.
#pragma once

#include <cstdint>

#include "server/model/network.h"
#include "server/model/shapes.h"
#include "worker/nn/product_ways.h"

namespace hpsearch::nn {

// The tensors of a convolution: src and dst are images of `rows` samples, kernel and its gradient are of one size.
// As DenseTensors, gradients of kernels are floats.
struct ConvolutionTensors {
  dnnl::memory::data_type type = dnnl::memory::data_type::f32;
  std::int64_t rows;
  model::ImageShape src_shape, dst_shape;
  TensorId src, kernel, dst;
  TensorId diff_src, gradient, diff_dst;
};

Product ConvolutionForward(const model::Conv2dLayer& layer, const ConvolutionTensors& at);
Product ConvolutionBackwardWeights(const model::Conv2dLayer& layer, const ConvolutionTensors& at);
Product ConvolutionBackwardData(const model::Conv2dLayer& layer, const ConvolutionTensors& at);

// `workspace` tells of max pooling where each largest value was; what forward wrote there, backward reads.
struct PoolingTensors {
  dnnl::memory::data_type type = dnnl::memory::data_type::f32;
  std::int64_t rows;
  model::ImageShape src_shape, dst_shape;
  TensorId src, dst, workspace;
  TensorId diff_src, diff_dst;
};

// No matrix product: they count for no operations.
Product PoolingForward(const model::Pooling2dLayer& layer, const PoolingTensors& at);
Product PoolingBackward(const model::Pooling2dLayer& layer, const PoolingTensors& at);

}  // namespace hpsearch::nn
