#include "worker/nn/elementwise.h"

#include <algorithm>

#include "worker/nn/vectorized.h"

namespace hpsearch::nn {
namespace {

using model::ActivationKind;

constexpr std::int64_t kBlockRows = 32;
constexpr std::int64_t kTileUnits = 256;  // partial sums that stay in the first-level cache

HPSEARCH_VECTORIZED void ReluBackward(const float* __restrict dst, float kept_scale, float* __restrict diff,
                                      std::int64_t count) {
  for (std::int64_t i = 0; i < count; ++i) diff[i] = dst[i] > 0.0f ? diff[i] * kept_scale : 0.0f;
}

HPSEARCH_VECTORIZED void TanhBackward(const float* __restrict dst, float* __restrict diff, std::int64_t count) {
  for (std::int64_t i = 0; i < count; ++i) diff[i] *= 1.0f - dst[i] * dst[i];
}

HPSEARCH_VECTORIZED void SigmoidBackward(const float* __restrict dst, float* __restrict diff, std::int64_t count) {
  for (std::int64_t i = 0; i < count; ++i) diff[i] *= dst[i] * (1.0f - dst[i]);
}

HPSEARCH_VECTORIZED void LeakyReluBackward(float alpha, const float* __restrict dst, float* __restrict diff,
                                           std::int64_t count) {
  for (std::int64_t i = 0; i < count; ++i) diff[i] *= dst[i] > 0.0f ? 1.0f : alpha;
}

// alpha exp(x) = dst + alpha where x is below 0.
HPSEARCH_VECTORIZED void EluBackward(float alpha, const float* __restrict dst, float* __restrict diff,
                                     std::int64_t count) {
  for (std::int64_t i = 0; i < count; ++i) diff[i] *= dst[i] > 0.0f ? 1.0f : dst[i] + alpha;
}

// sums += the rows of diff, in order.
HPSEARCH_VECTORIZED void AddRows(const float* __restrict diff, std::int64_t rows, std::int64_t stride,
                                 std::int64_t units, float* __restrict sums) {
  for (std::int64_t row = 0; row < rows; ++row, diff += stride) {
    for (std::int64_t unit = 0; unit < units; ++unit) sums[unit] += diff[unit];
  }
}

}  // namespace

bool HasDerivativeOfDst(ActivationKind activation) {
  switch (activation) {
    case ActivationKind::kLinear:
    case ActivationKind::kRelu:
    case ActivationKind::kLeakyRelu:
    case ActivationKind::kElu:
    case ActivationKind::kTanh:
    case ActivationKind::kSigmoid:
      return true;
    default:
      return false;
  }
}

void ActivationBackward(ActivationKind activation, double alpha, const float* dst, float* diff, std::int64_t count,
                        float kept_scale) {
  switch (activation) {
    case ActivationKind::kRelu:
      return ReluBackward(dst, kept_scale, diff, count);
    case ActivationKind::kLeakyRelu:
      return LeakyReluBackward(static_cast<float>(alpha), dst, diff, count);
    case ActivationKind::kElu:
      return EluBackward(static_cast<float>(alpha), dst, diff, count);
    case ActivationKind::kTanh:
      return TanhBackward(dst, diff, count);
    case ActivationKind::kSigmoid:
      return SigmoidBackward(dst, diff, count);
    default:
      return;
  }
}

void ActivationBackwardWithBias(ActivationKind activation, const float* dst, float* diff, std::int64_t rows,
                                std::int64_t units, float* diff_bias, float kept_scale) {
  const double alpha = model::DefaultAlpha(activation);
  std::fill_n(diff_bias, units, 0.0f);
  for (std::int64_t row = 0; row < rows; row += kBlockRows) {
    const std::int64_t block = std::min(kBlockRows, rows - row);
    ActivationBackward(activation, alpha, dst + row * units, diff + row * units, block * units, kept_scale);
    for (std::int64_t unit = 0; unit < units; unit += kTileUnits) {
      const std::int64_t tile = std::min(kTileUnits, units - unit);
      float sums[kTileUnits] = {};
      AddRows(diff + row * units + unit, block, units, tile, sums);
      AddRows(sums, 1, tile, tile, diff_bias + unit);
    }
  }
}

HPSEARCH_VECTORIZED void Multiply(const float* src, const float* factor, float* dst, std::int64_t count) {
#pragma GCC ivdep
  for (std::int64_t i = 0; i < count; ++i) dst[i] = src[i] * factor[i];
}

HPSEARCH_VECTORIZED void Add(const float* left, const float* right, float* dst, std::int64_t count) {
#pragma GCC ivdep
  for (std::int64_t i = 0; i < count; ++i) dst[i] = left[i] + right[i];
}

}  // namespace hpsearch::nn
