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

}  // namespace

HPSEARCH_VECTORIZED void BytesToFloats(const std::uint8_t* __restrict bytes, std::int64_t count,
                                       float* __restrict dst) {
  for (std::int64_t i = 0; i < count; ++i) dst[i] = OverByteMax(bytes[i]);
}

HPSEARCH_VECTORIZED void BytesToFloatsWithDropout(const std::uint8_t* __restrict bytes,
                                                  const Decision* __restrict decisions, std::uint32_t threshold,
                                                  float scale, std::int64_t count, float* __restrict dst) {
  for (std::int64_t i = 0; i < count; ++i) {
    const float value = OverByteMax(bytes[i]) * scale;
    dst[i] = decisions[i] >= threshold ? value : 0.0f;
  }
}

}  // namespace hpsearch::nn
