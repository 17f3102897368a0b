#include "worker/nn/bytes.h"

#include "worker/nn/vectorized.h"

namespace hpsearch::nn {
namespace {

// 1 / 255 = kHigh + kLow. A byte times kHigh is exact (16 + 8 bits), so that one rounding is left: the sum is the
// quotient rounded, at a third of a division's price. The test goes through all bytes.
constexpr float kHigh = 0x1.0101p-8f;
constexpr auto kLow = static_cast<float>(1.0 / 255.0 - 0x1.0101p-8);

inline float OverByteMax(std::uint8_t byte) {
  const auto value = static_cast<float>(byte);
  return value * kHigh + value * kLow;
}

constexpr std::int64_t kCacheLine = 64;
constexpr std::int64_t kVector = 16;

inline void Convert(const std::uint8_t* __restrict bytes, std::int64_t count, float* __restrict dst) {
  for (std::int64_t i = 0; i < count; ++i) dst[i] = OverByteMax(bytes[i]);
}

inline void ConvertWithDropout(const std::uint8_t* __restrict bytes, const Decision* __restrict decisions,
                               std::uint32_t threshold, float scale, std::int64_t count, float* __restrict dst) {
  for (std::int64_t i = 0; i < count; ++i) {
    const float value = OverByteMax(bytes[i]) * scale;
    dst[i] = decisions[i] >= threshold ? value : 0.0f;
  }
}

}  // namespace

// Counts that the compiler knows, one after the other: whole lines, whole vectors, the rest.
HPSEARCH_VECTORIZED void BytesToFloats(const std::uint8_t* bytes, const std::uint8_t* ahead, std::int64_t count,
                                       float* dst) {
  std::int64_t i = 0;
  for (; i + kCacheLine <= count; i += kCacheLine) {
    __builtin_prefetch(ahead + i);
    Convert(bytes + i, kCacheLine, dst + i);
  }
  if (i < count) __builtin_prefetch(ahead + i);
  for (; i + kVector <= count; i += kVector) Convert(bytes + i, kVector, dst + i);
  Convert(bytes + i, count - i, dst + i);
}

HPSEARCH_VECTORIZED void BytesToFloatsWithDropout(const std::uint8_t* bytes, const std::uint8_t* ahead,
                                                  const Decision* decisions, std::uint32_t threshold, float scale,
                                                  std::int64_t count, float* dst) {
  std::int64_t i = 0;
  for (; i + kCacheLine <= count; i += kCacheLine) {
    __builtin_prefetch(ahead + i);
    ConvertWithDropout(bytes + i, decisions + i, threshold, scale, kCacheLine, dst + i);
  }
  if (i < count) __builtin_prefetch(ahead + i);
  for (; i + kVector <= count; i += kVector) {
    ConvertWithDropout(bytes + i, decisions + i, threshold, scale, kVector, dst + i);
  }
  ConvertWithDropout(bytes + i, decisions + i, threshold, scale, count - i, dst + i);
}

}  // namespace hpsearch::nn
