// Sixteen rows at a time, transposed, so that a vector lane is a row and every sum over units runs in their order.
#include <algorithm>
#include <bit>
#include <cmath>

#include "worker/nn/floats.h"
#include "worker/nn/loss.h"
#include "worker/nn/vectorized.h"

namespace hpsearch::nn {
namespace {

constexpr int kLanes = 16;

// exp(x) for x <= 0, to two units in the last place; 0 below -87.3, NaN stays NaN. exp(x) = 2^n exp(f), n the
// nearest integer to x / ln 2, exp(f) Cephes's polynomial; no table, so that it vectorizes.
inline float Exp(float x) {
  constexpr float kLog2E = 1.44269504088896341f;
  constexpr float kLn2High = 0.693359375f;
  constexpr float kLn2Low = -2.12194440e-4f;
  constexpr float kRound = 0x1.8p23f;  // adding it rounds to an integer, which then stands in the low bits
  constexpr float kLeast = -87.3f;
  const float clamped = x < kLeast ? kLeast : x;
  const float shifted = clamped * kLog2E + kRound;
  const float n = shifted - kRound;
  const float f = (clamped - n * kLn2High) - n * kLn2Low;
  float p = 1.9875691500e-4f;
  p = p * f + 1.3981999507e-3f;
  p = p * f + 8.3334519073e-3f;
  p = p * f + 4.1665795894e-2f;
  p = p * f + 1.6666665459e-1f;
  p = p * f + 5.0000001201e-1f;
  p = p * (f * f) + f + 1.0f;
  const auto exponent = (std::bit_cast<std::uint32_t>(shifted) + 127u) << 23;
  const float result = p * std::bit_cast<float>(exponent);
  return x < kLeast ? 0.0f : result;
}

// What a block of rows leaves: each row's largest logit, where it is, and the sum of exp(x - largest). The logits
// are replaced by those exponentials.
struct Block {
  alignas(64) float largest[kLanes];
  alignas(64) float sum[kLanes];
  alignas(64) std::int32_t prediction[kLanes];
};

HPSEARCH_VECTORIZED void Exponentials(float* __restrict logits, std::int64_t units, Block& block) {
  for (int lane = 0; lane < kLanes; ++lane) {
    block.largest[lane] = logits[lane];
    block.prediction[lane] = 0;
    block.sum[lane] = 0.0f;
  }
  for (std::int64_t unit = 1; unit < units; ++unit) {
    const float* row = logits + unit * kLanes;
    for (int lane = 0; lane < kLanes; ++lane) {
      const bool larger = row[lane] > block.largest[lane];
      block.prediction[lane] = larger ? static_cast<std::int32_t>(unit) : block.prediction[lane];
      block.largest[lane] = larger ? row[lane] : block.largest[lane];
    }
  }
  for (std::int64_t unit = 0; unit < units; ++unit) {
    float* row = logits + unit * kLanes;
    for (int lane = 0; lane < kLanes; ++lane) {
      row[lane] = Exp(row[lane] - block.largest[lane]);
      block.sum[lane] += row[lane];
    }
  }
}

HPSEARCH_VECTORIZED void Scale(float* __restrict exponentials, std::int64_t units, float scale, Block& block) {
  for (int lane = 0; lane < kLanes; ++lane) block.sum[lane] = scale / block.sum[lane];
  for (std::int64_t unit = 0; unit < units; ++unit) {
    for (int lane = 0; lane < kLanes; ++lane) exponentials[unit * kLanes + lane] *= block.sum[lane];
  }
}

class SoftmaxCrossEntropy : public Loss {
 public:
  SoftmaxCrossEntropy(std::int64_t units, double label_smoothing)
      : units_(units), smoothing_(label_smoothing), lanes_(units * kLanes) {}

  LossSum Evaluate(const float* logits, const Targets& targets, std::int64_t rows, float* diff) override {
    LossSum result;
    const std::uint8_t* labels = targets.labels;
    const float scale = 1.0f / static_cast<float>(rows);
    for (std::int64_t row = 0; row < rows; row += kLanes) {
      const auto count = static_cast<int>(std::min<std::int64_t>(kLanes, rows - row));
      Load(logits + row * units_, count);
      Exponentials(lanes_.data(), units_, block_);
      for (int lane = 0; lane < count; ++lane) {
        const std::uint8_t label = labels[row + lane];
        result.loss += std::log(static_cast<double>(block_.sum[lane])) +
                       static_cast<double>(block_.largest[lane]) - Expected(logits + (row + lane) * units_, label);
        result.mistakes += block_.prediction[lane] != label ? 1 : 0;
      }
      if (diff != nullptr) {
        Scale(lanes_.data(), units_, scale, block_);
        Store(diff + row * units_, labels + row, scale, count);
      }
    }
    return result;
  }

 private:
  // The sum of t * x over a row's logits.
  double Expected(const float* logits, std::uint8_t label) const {
    const auto hit = static_cast<double>(logits[label]);
    if (smoothing_ == 0) return hit;
    double sum = 0;
    for (std::int64_t unit = 0; unit < units_; ++unit) sum += static_cast<double>(logits[unit]);
    return (1 - smoothing_) * hit + smoothing_ * (sum / static_cast<double>(units_));
  }

  void Load(const float* logits, int count) {
    for (int lane = 0; lane < kLanes; ++lane) {
      const float* row = logits + std::min(lane, count - 1) * units_;  // spare lanes repeat the last row
      for (std::int64_t unit = 0; unit < units_; ++unit) lanes_.data()[unit * kLanes + lane] = row[unit];
    }
  }

  void Store(float* diff, const std::uint8_t* labels, float scale, int count) const {
    const auto everywhere = static_cast<float>(smoothing_ / static_cast<double>(units_)) * scale;
    const float more = static_cast<float>(1 - smoothing_) * scale;
    for (int lane = 0; lane < count; ++lane, diff += units_) {
      for (std::int64_t unit = 0; unit < units_; ++unit) {
        diff[unit] = lanes_.data()[unit * kLanes + lane] - everywhere;
      }
      diff[labels[lane]] -= more;
    }
  }

  const std::int64_t units_;
  const double smoothing_;
  Floats lanes_;  // units x 16
  Block block_ = {};
};

}  // namespace

std::unique_ptr<Loss> MakeSoftmaxCrossEntropy(std::int64_t units, double label_smoothing) {
  return std::make_unique<SoftmaxCrossEntropy>(units, label_smoothing);
}

}  // namespace hpsearch::nn
