#include "worker/train/scaled_features.h"

#include "worker/nn/vectorized.h"

namespace hpsearch::train {
namespace {

constexpr std::int64_t kCacheLine = 64;

template <typename T>
inline void Prefetch(const T* ahead, std::int64_t count) {
  constexpr auto kStep = static_cast<std::int64_t>(kCacheLine / sizeof(T));
  for (std::int64_t i = 0; i < count; i += kStep) __builtin_prefetch(ahead + i);
}

template <typename T>
[[gnu::always_inline]] inline void Scale(const T* __restrict src, const float* __restrict shift,
                                         const float* __restrict scale, std::int64_t count,
                                         float* __restrict dst) {
  for (std::int64_t i = 0; i < count; ++i) dst[i] = (static_cast<float>(src[i]) - shift[i]) * scale[i];
}

template <typename T>
[[gnu::always_inline]] inline void ScaleWithDropout(const T* __restrict src, const float* __restrict shift,
                                                    const float* __restrict scale,
                                                    const nn::Decision* __restrict decisions,
                                                    std::uint32_t threshold, float kept_scale, std::int64_t count,
                                                    float* __restrict dst) {
  for (std::int64_t i = 0; i < count; ++i) {
    const float value = (static_cast<float>(src[i]) - shift[i]) * scale[i] * kept_scale;
    dst[i] = decisions[i] >= threshold ? value : 0.0F;
  }
}

}  // namespace

HPSEARCH_VECTORIZED void ScaleFeatures(const std::uint8_t* src, const std::uint8_t* ahead, const float* shift,
                                       const float* scale, std::int64_t count, float* dst) {
  Prefetch(ahead, count);
  Scale(src, shift, scale, count, dst);
}

HPSEARCH_VECTORIZED void ScaleFeatures(const float* src, const float* ahead, const float* shift,
                                       const float* scale, std::int64_t count, float* dst) {
  Prefetch(ahead, count);
  Scale(src, shift, scale, count, dst);
}

HPSEARCH_VECTORIZED void ScaleFeaturesWithDropout(const std::uint8_t* src, const std::uint8_t* ahead,
                                                  const float* shift, const float* scale,
                                                  const nn::Decision* decisions, const nn::DropoutRule& dropout,
                                                  std::int64_t count, float* dst) {
  Prefetch(ahead, count);
  ScaleWithDropout(src, shift, scale, decisions, dropout.threshold, dropout.scale, count, dst);
}

HPSEARCH_VECTORIZED void ScaleFeaturesWithDropout(const float* src, const float* ahead, const float* shift,
                                                  const float* scale, const nn::Decision* decisions,
                                                  const nn::DropoutRule& dropout, std::int64_t count, float* dst) {
  Prefetch(ahead, count);
  ScaleWithDropout(src, shift, scale, decisions, dropout.threshold, dropout.scale, count, dst);
}

}  // namespace hpsearch::train
