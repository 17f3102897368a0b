#include "worker/nn/bf16.h"

#include <bit>

#include "dnnl.hpp"
#include "worker/nn/vectorized.h"

namespace hpsearch::nn {

bool HasBf16() {
  switch (dnnl::get_effective_cpu_isa()) {
    case dnnl::cpu_isa::avx512_core_bf16:
    case dnnl::cpu_isa::avx512_core_amx:
      return true;
    default:
      return false;
  }
}

HPSEARCH_VECTORIZED void ToBf16(const float* __restrict src, Bf16* __restrict dst, std::int64_t count) {
  for (std::int64_t i = 0; i < count; ++i) {
    const auto bits = std::bit_cast<std::uint32_t>(src[i]);
    const std::uint32_t rounded = (bits + 0x7FFFu + (bits >> 16 & 1u)) >> 16;
    const std::uint32_t not_a_number = bits >> 16 | 0x40u;  // which rounding might carry into infinity
    dst[i] = static_cast<Bf16>((bits & 0x7FFFFFFFu) > 0x7F800000u ? not_a_number : rounded);
  }
}

}  // namespace hpsearch::nn
