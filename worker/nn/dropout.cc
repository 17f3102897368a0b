#include "worker/nn/dropout.h"

#include <algorithm>
#include <cmath>

#include "worker/nn/elementwise.h"
#include "worker/nn/vectorized.h"

namespace hpsearch::nn {
namespace {

HPSEARCH_VECTORIZED void Apply(const Decision* __restrict decisions, std::uint32_t threshold, float scale,
                               const float* __restrict src, float* __restrict factor, float* __restrict dst,
                               std::int64_t count) {
  for (std::int64_t i = 0; i < count; ++i) {
    factor[i] = decisions[i] >= threshold ? scale : 0.0f;
    dst[i] = src[i] * factor[i];
  }
}

HPSEARCH_VECTORIZED void ApplyInPlace(const Decision* __restrict decisions, std::uint32_t threshold, float scale,
                                      float* __restrict values, std::int64_t count) {
  for (std::int64_t i = 0; i < count; ++i) {
    const float kept = values[i] * scale;
    values[i] = decisions[i] >= threshold ? kept : 0.0f;
  }
}

constexpr std::int64_t kChunkBundles = 16;  // 4 KiB of decisions
constexpr std::int64_t kChunk = kChunkBundles * DropoutRule::kBundleDecisions;

// Calls `use(begin, decisions, count)` for the decisions of a step, chunk by chunk.
template <class Use>
void ForEachChunk(const DropoutRule& rule, const Step& step, std::int64_t all, const Use& use) {
  alignas(64) std::uint32_t words[kChunkBundles * kBundleWords];
  for (std::int64_t begin = 0; begin < all; begin += kChunk) {
    const std::int64_t count = std::min(kChunk, all - begin);
    const std::int64_t bundles = (count + DropoutRule::kBundleDecisions - 1) / DropoutRule::kBundleDecisions;
    rule.stream.Bundles(step.epoch, step.index, static_cast<std::uint32_t>(begin / DropoutRule::kBundleDecisions),
                        bundles, words);
    use(begin, reinterpret_cast<const Decision*>(words), count);
  }
}

class DropoutPass : public LayerPass {
 public:
  DropoutPass(const DropoutRule& rule, std::int64_t count, const Tensors& tensors)
      : rule_(rule), count_(count), tensors_(tensors), factor_(count) {}

  void Forward(const Step& step) override {
    ForEachChunk(rule_, step, count_, [&](std::int64_t begin, const Decision* decisions, std::int64_t count) {
      Apply(decisions, rule_.threshold, rule_.scale, tensors_.src + begin, factor_.data() + begin,
            tensors_.dst + begin, count);
    });
  }

  void Backward() override { Multiply(tensors_.diff_dst, factor_.data(), tensors_.diff_src, count_); }

 private:
  const DropoutRule rule_;
  const std::int64_t count_;
  const Tensors tensors_;
  Floats factor_;
};

}  // namespace

DropoutRule::DropoutRule(const RandomStream& stream, double rate)
    : stream(stream),
      threshold(static_cast<std::uint32_t>(std::lround(rate * 65536.0))),
      scale(static_cast<float>(1.0 / (1.0 - rate))) {}

void DropoutRule::Factors(const Step& step, std::int64_t count, float* factor) const {
  ForEachChunk(*this, step, count, [&](std::int64_t begin, const Decision* decisions, std::int64_t part) {
    for (std::int64_t i = 0; i < part; ++i) factor[begin + i] = decisions[i] >= threshold ? scale : 0.0f;
  });
}

void DropoutRule::Apply(const Step& step, std::int64_t count, float* values) const {
  ForEachChunk(*this, step, count, [&](std::int64_t begin, const Decision* decisions, std::int64_t part) {
    ApplyInPlace(decisions, threshold, scale, values + begin, part);
  });
}

std::unique_ptr<LayerPass> Dropout::MakePass(std::int64_t rows, bool /*training*/, const Tensors& tensors) {
  return std::make_unique<DropoutPass>(rule_, rows * width_, tensors);
}

}  // namespace hpsearch::nn
