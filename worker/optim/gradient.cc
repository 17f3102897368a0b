#include "worker/optim/gradient.h"

#include <cmath>
#include <cstddef>
#include <cstdint>

#include "worker/nn/vectorized.h"

namespace hpsearch::optim {
namespace {

constexpr std::size_t kLanes = 16;

struct Lanes {
  double sum[kLanes] = {};

  double Total() const {
    double total = 0;
    for (const double lane : sum) total += lane;
    return total;
  }
};

// The runs of kLanes go through `term` lane by lane, and so does the rest: Term(i) is the i-th term.
template <class Term>
inline void Accumulate(std::size_t count, Lanes& lanes, Term term) {
  const std::size_t whole = count - count % kLanes;
  for (std::size_t i = 0; i < whole; i += kLanes) {
    for (std::size_t lane = 0; lane < kLanes; ++lane) lanes.sum[lane] += term(i + lane);
  }
  for (std::size_t i = whole; i < count; ++i) lanes.sum[i - whole] += term(i);
}

HPSEARCH_VECTORIZED void AddPenalties(const float* __restrict value, std::size_t count, double l1, double l2,
                                      Lanes& lanes) {
  Accumulate(count, lanes, [=](std::size_t i) {
    const double w = value[i];
    return l1 * std::abs(w) + l2 * w * w;
  });
}

HPSEARCH_VECTORIZED void AddGradients(const float* __restrict value, std::size_t count, float l1, float l2,
                                      float* __restrict gradient) {
  for (std::size_t i = 0; i < count; ++i) {
    const float w = value[i];
    const float sign = w > 0.0f ? l1 : w < 0.0f ? -l1 : 0.0f;
    gradient[i] += sign + (l2 + l2) * w;
  }
}

HPSEARCH_VECTORIZED void AddSquares(const float* __restrict gradient, std::size_t count, Lanes& lanes) {
  Accumulate(count, lanes, [=](std::size_t i) {
    const double g = gradient[i];
    return g * g;
  });
}

HPSEARCH_VECTORIZED void Scale(float* gradient, std::size_t count, float factor) {
  for (std::size_t i = 0; i < count; ++i) gradient[i] *= factor;
}

HPSEARCH_VECTORIZED void Clamp(float* gradient, std::size_t count, float limit) {
  for (std::size_t i = 0; i < count; ++i) {
    const float g = gradient[i];
    const float low = g < -limit ? -limit : g;
    gradient[i] = low > limit ? limit : low;
  }
}

}  // namespace

double Penalty(std::span<const float> value, double l1, double l2) {
  Lanes lanes;
  AddPenalties(value.data(), value.size(), l1, l2, lanes);
  return lanes.Total();
}

void AddPenaltyGradient(std::span<const float> value, double l1, double l2, std::span<float> gradient) {
  AddGradients(value.data(), value.size(), static_cast<float>(l1), static_cast<float>(l2), gradient.data());
}

double SquareSum(std::span<const float> values) {
  Lanes lanes;
  AddSquares(values.data(), values.size(), lanes);
  return lanes.Total();
}

void ClipByNorm(std::span<float> gradient, double square_sum, double limit) {
  const double norm = std::sqrt(square_sum);
  if (norm <= limit) return;
  Scale(gradient.data(), gradient.size(), static_cast<float>(limit / norm));
}

void ClipByValue(std::span<float> gradient, float limit) { Clamp(gradient.data(), gradient.size(), limit); }

}  // namespace hpsearch::optim
