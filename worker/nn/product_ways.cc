#include "worker/nn/product_ways.h"

#include <utility>

#include "worker/nn/primitive.h"

namespace hpsearch::nn {
namespace {

struct Matrix {
  TensorId tensor;
  std::int64_t rows, columns;
};

using Type = dnnl::memory::data_type;

dnnl::memory::desc AnyFormat(std::int64_t rows, std::int64_t columns, Type type) {
  return {{rows, columns}, type, dnnl::memory::format_tag::any};
}

// result = left . right, as a matmul.
Product MatrixProduct(const Matrix& left, const Matrix& right, TensorId result, Type type, Type result_type) {
  const dnnl::matmul::primitive_desc product(
      {AnyFormat(left.rows, left.columns, type), AnyFormat(right.rows, right.columns, type),
       AnyFormat(left.rows, right.columns, result_type)},
      Attributes(), CpuEngine());
  const double flops = 2.0 * static_cast<double>(left.rows) * static_cast<double>(left.columns) *
                       static_cast<double>(right.columns);
  return {flops,
          {{dnnl::matmul(product),
            product.scratchpad_desc(),
            {{DNNL_ARG_SRC, product.src_desc(), left.tensor},
             {DNNL_ARG_WEIGHTS, product.weights_desc(), right.tensor},
             {DNNL_ARG_DST, product.dst_desc(), result}}}}};
}

// An inner product's weights are units x inputs.
dnnl::inner_product_forward::primitive_desc InnerProduct(const DenseTensors& dense) {
  return {{dnnl::prop_kind::forward_training, AnyFormat(dense.rows, dense.inputs, dense.type),
           AnyFormat(dense.units, dense.inputs, dense.type), AnyFormat(dense.rows, dense.units, dense.type)},
          Attributes(),
          CpuEngine()};
}

}  // namespace

Product DenseForward(const DenseTensors& dense) {
  Product product = MatrixProduct({dense.src, dense.rows, dense.inputs}, {dense.kernel, dense.inputs, dense.units},
                                  dense.dst, dense.type, dense.type);
  const dnnl::inner_product_forward::primitive_desc inner = InnerProduct(dense);
  product.ways.push_back({dnnl::inner_product_forward(inner),
                          inner.scratchpad_desc(),
                          {{DNNL_ARG_SRC, inner.src_desc(), dense.src},
                           {DNNL_ARG_WEIGHTS, inner.weights_desc(), dense.kernel},
                           {DNNL_ARG_DST, inner.dst_desc(), dense.dst}}});
  return product;
}

Product DenseBackwardWeights(const DenseTensors& dense) {
  Product product = MatrixProduct({dense.src, dense.inputs, dense.rows}, {dense.diff_dst, dense.rows, dense.units},
                                  dense.gradient, dense.type, Type::f32);
  const dnnl::inner_product_backward_weights::primitive_desc inner(
      {AnyFormat(dense.rows, dense.inputs, dense.type), AnyFormat(dense.units, dense.inputs, Type::f32),
       AnyFormat(dense.rows, dense.units, dense.type)},
      Attributes(), CpuEngine(), InnerProduct(dense));
  product.ways.push_back({dnnl::inner_product_backward_weights(inner),
                          inner.scratchpad_desc(),
                          {{DNNL_ARG_SRC, inner.src_desc(), dense.src},
                           {DNNL_ARG_DIFF_DST, inner.diff_dst_desc(), dense.diff_dst},
                           {DNNL_ARG_DIFF_WEIGHTS, inner.diff_weights_desc(), dense.gradient}}});
  return product;
}

Product DenseBackwardData(const DenseTensors& dense) {
  Product product =
      MatrixProduct({dense.diff_dst, dense.rows, dense.units}, {dense.kernel, dense.units, dense.inputs},
                    dense.diff_src, dense.type, dense.type);
  const dnnl::inner_product_backward_data::primitive_desc inner(
      {AnyFormat(dense.rows, dense.inputs, dense.type), AnyFormat(dense.units, dense.inputs, dense.type),
       AnyFormat(dense.rows, dense.units, dense.type)},
      Attributes(), CpuEngine(), InnerProduct(dense));
  product.ways.push_back({dnnl::inner_product_backward_data(inner),
                          inner.scratchpad_desc(),
                          {{DNNL_ARG_DIFF_DST, inner.diff_dst_desc(), dense.diff_dst},
                           {DNNL_ARG_WEIGHTS, inner.weights_desc(), dense.kernel},
                           {DNNL_ARG_DIFF_SRC, inner.diff_src_desc(), dense.diff_src}}});
  return product;
}

}  // namespace hpsearch::nn
