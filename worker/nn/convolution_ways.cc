#include "worker/nn/convolution_ways.h"

#include <vector>

#include "worker/nn/primitive.h"

namespace hpsearch::nn {
namespace {

using Desc = dnnl::memory::desc;
using Dims = dnnl::memory::dims;
using Tag = dnnl::memory::format_tag;

constexpr auto kFloats = dnnl::memory::data_type::f32;
constexpr std::int64_t kBlock = 16;

struct Steps {
  Dims strides, dilates, before, after;
};

Steps StepsOf(const model::ImageShape& src, const model::Extent& window, const model::Extent& strides,
              const model::Extent& dilation, model::Padding padding) {
  const model::Sliding down =
      model::SlidingOf(src.height, window.height, strides.height, dilation.height, padding);
  const model::Sliding across = model::SlidingOf(src.width, window.width, strides.width, dilation.width, padding);
  return {.strides = {strides.height, strides.width},
          .dilates = {dilation.height - 1, dilation.width - 1},  // oneDNN counts the places left out
          .before = {down.before, across.before},
          .after = {down.after, across.after}};
}

Desc Image(std::int64_t rows, const model::ImageShape& shape, Tag tag, dnnl::memory::data_type type) {
  return {{rows, shape.channels, shape.height, shape.width}, type, tag};
}

// What the three primitives of one convolution have in common.
struct Convolution {
  Convolution(const model::Conv2dLayer& layer, const ConvolutionTensors& at)
      : src(Image(at.rows, at.src_shape, Tag::any, at.type)),
        dst(Image(at.rows, at.dst_shape, Tag::any, at.type)),
        steps(StepsOf(at.src_shape, layer.kernel_size, layer.strides, layer.dilation_rate, layer.padding)) {
    const std::int64_t channels = at.src_shape.channels / layer.groups;
    Dims dims = {layer.filters / layer.groups, channels, layer.kernel_size.height, layer.kernel_size.width};
    if (layer.groups > 1) dims.insert(dims.begin(), layer.groups);
    weights = Desc(dims, at.type, Tag::any);
    gradient = Desc(dims, kFloats, Tag::any);
    flops = 2.0 * static_cast<double>(at.rows * at.dst_shape.height * at.dst_shape.width) *
            static_cast<double>(layer.filters * channels) *
            static_cast<double>(layer.kernel_size.height * layer.kernel_size.width);
  }

  dnnl::convolution_forward::primitive_desc Forward() const {
    return {{dnnl::prop_kind::forward_training, dnnl::algorithm::convolution_direct, src, weights, dst,
             steps.strides, steps.dilates, steps.before, steps.after},
            Attributes(),
            CpuEngine()};
  }

  Desc src, weights, gradient, dst;
  Steps steps;
  double flops = 0;
};

// Of Pooling2dLayer, which has no dilation.
Steps StepsOf(const model::Pooling2dLayer& layer, const model::ImageShape& src) {
  return StepsOf(src, layer.pool_size, layer.strides, {1, 1}, layer.padding);
}

dnnl::pooling_forward::primitive_desc Pooling(const model::Pooling2dLayer& layer, const PoolingTensors& at,
                                              Tag tag) {
  const Steps steps = StepsOf(layer, at.src_shape);
  const auto algorithm = layer.kind == model::PoolingKind::kMax ? dnnl::algorithm::pooling_max
                                                                : dnnl::algorithm::pooling_avg_exclude_padding;
  return {{dnnl::prop_kind::forward_training,
           algorithm,
           Image(at.rows, at.src_shape, tag, at.type),
           Image(at.rows, at.dst_shape, tag, at.type),
           steps.strides,
           {layer.pool_size.height, layer.pool_size.width},
           steps.before,
           steps.after},
          Attributes(),
          CpuEngine()};
}

std::vector<Tag> ImageTags(std::int64_t channels) {
  std::vector<Tag> tags = {Tag::nchw, Tag::nhwc};
  if (channels % kBlock == 0) tags.push_back(Tag::nChw16c);
  return tags;
}

}  // namespace

Product ConvolutionForward(const model::Conv2dLayer& layer, const ConvolutionTensors& at) {
  const Convolution conv(layer, at);
  const auto desc = conv.Forward();
  return {conv.flops,
          {{dnnl::convolution_forward(desc),
            desc.scratchpad_desc(),
            {{DNNL_ARG_SRC, desc.src_desc(), at.src},
             {DNNL_ARG_WEIGHTS, desc.weights_desc(), at.kernel},
             {DNNL_ARG_DST, desc.dst_desc(), at.dst}}}}};
}

Product ConvolutionBackwardWeights(const model::Conv2dLayer& layer, const ConvolutionTensors& at) {
  const Convolution conv(layer, at);
  const dnnl::convolution_backward_weights::primitive_desc desc(
      {dnnl::algorithm::convolution_direct, conv.src, conv.gradient, conv.dst, conv.steps.strides,
       conv.steps.dilates, conv.steps.before, conv.steps.after},
      Attributes(), CpuEngine(), conv.Forward());
  return {conv.flops,
          {{dnnl::convolution_backward_weights(desc),
            desc.scratchpad_desc(),
            {{DNNL_ARG_SRC, desc.src_desc(), at.src},
             {DNNL_ARG_DIFF_DST, desc.diff_dst_desc(), at.diff_dst},
             {DNNL_ARG_DIFF_WEIGHTS, desc.diff_weights_desc(), at.gradient}}}}};
}

Product ConvolutionBackwardData(const model::Conv2dLayer& layer, const ConvolutionTensors& at) {
  const Convolution conv(layer, at);
  const dnnl::convolution_backward_data::primitive_desc desc(
      {dnnl::algorithm::convolution_direct, conv.src, conv.weights, conv.dst, conv.steps.strides,
       conv.steps.dilates, conv.steps.before, conv.steps.after},
      Attributes(), CpuEngine(), conv.Forward());
  return {conv.flops,
          {{dnnl::convolution_backward_data(desc),
            desc.scratchpad_desc(),
            {{DNNL_ARG_DIFF_DST, desc.diff_dst_desc(), at.diff_dst},
             {DNNL_ARG_WEIGHTS, desc.weights_desc(), at.kernel},
             {DNNL_ARG_DIFF_SRC, desc.diff_src_desc(), at.diff_src}}}}};
}

Product PoolingForward(const model::Pooling2dLayer& layer, const PoolingTensors& at) {
  Product product;
  for (const Tag tag : ImageTags(at.src_shape.channels)) {
    const auto desc = Pooling(layer, at, tag);
    Way way = {dnnl::pooling_forward(desc),
               desc.scratchpad_desc(),
               {{DNNL_ARG_SRC, desc.src_desc(), at.src}, {DNNL_ARG_DST, desc.dst_desc(), at.dst}}};
    if (desc.workspace_desc().get_size() > 0) {
      way.operands.push_back({DNNL_ARG_WORKSPACE, desc.workspace_desc(), at.workspace});
    }
    product.ways.push_back(std::move(way));
  }
  return product;
}

Product PoolingBackward(const model::Pooling2dLayer& layer, const PoolingTensors& at) {
  const Steps steps = StepsOf(layer, at.src_shape);
  Product product;
  for (const Tag tag : ImageTags(at.src_shape.channels)) {
    const auto forward = Pooling(layer, at, tag);
    const auto algorithm = layer.kind == model::PoolingKind::kMax ? dnnl::algorithm::pooling_max
                                                                  : dnnl::algorithm::pooling_avg_exclude_padding;
    const dnnl::pooling_backward::primitive_desc desc({algorithm,
                                                       Image(at.rows, at.src_shape, tag, at.type),
                                                       Image(at.rows, at.dst_shape, tag, at.type),
                                                       steps.strides,
                                                       {layer.pool_size.height, layer.pool_size.width},
                                                       steps.before,
                                                       steps.after},
                                                      Attributes(), CpuEngine(), forward);
    Way way = {dnnl::pooling_backward(desc),
               desc.scratchpad_desc(),
               {{DNNL_ARG_DIFF_DST, desc.diff_dst_desc(), at.diff_dst},
                {DNNL_ARG_DIFF_SRC, desc.diff_src_desc(), at.diff_src}}};
    if (forward.workspace_desc().get_size() > 0) {
      way.operands.push_back({DNNL_ARG_WORKSPACE, forward.workspace_desc(), at.workspace});
    }
    product.ways.push_back(std::move(way));
  }
  return product;
}

}  // namespace hpsearch::nn
