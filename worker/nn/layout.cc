#include "worker/nn/layout.h"

#include "dnnl.hpp"

namespace hpsearch::nn {

std::int64_t Layout::At(std::int64_t index) const {
  if (plain()) return index;
  const std::int64_t pixels = height * width;
  const std::int64_t channel = index / pixels;
  const std::int64_t pixel = index % pixels;
  const std::int64_t run = order == ChannelOrder::kLast ? channels : block;
  return (channel / run * pixels + pixel) * run + channel % run;
}

std::vector<std::int32_t> Layout::Places() const {
  std::vector<std::int32_t> places;
  if (plain()) return places;
  places.reserve(static_cast<std::size_t>(size()));
  for (std::int64_t index = 0; index < size(); ++index) places.push_back(static_cast<std::int32_t>(At(index)));
  return places;
}

std::int64_t ChannelBlock() {
  switch (dnnl::get_effective_cpu_isa()) {
    case dnnl::cpu_isa::sse41:
    case dnnl::cpu_isa::avx:
    case dnnl::cpu_isa::avx2:
    case dnnl::cpu_isa::avx2_vnni:
      return 0;
    default:
      return 16;
  }
}

}  // namespace hpsearch::nn
