#include "worker/nn/initializer.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace hpsearch::nn {
namespace {

using model::InitializerKind;

constexpr double kDefaultScale = 0.05;  // Keras: RandomNormal's deviation, RandomUniform's limit
// The deviation that is left of a standard normal cut off at two deviations; Keras divides by it.
constexpr double kTruncatedDeviation = 0.87962566103423978;

// In [0, 1), 53 bits.
double Unit(std::uint32_t high, std::uint32_t low) {
  const std::uint64_t bits = (std::uint64_t{high} << 32) | low;
  return static_cast<double>(bits >> 11) * 0x1p-53;
}

double Uniform(const RandomStream& stream, std::uint32_t element) {
  const PhiloxBlock block = stream.Block(0, element);
  return Unit(block[0], block[1]);
}

// Box and Muller, in double; 1 - u is in (0, 1].
double Normal(const RandomStream& stream, std::uint32_t attempt, std::uint32_t element) {
  const PhiloxBlock block = stream.Block(attempt, element);
  const double radius = std::sqrt(-2.0 * std::log(1.0 - Unit(block[0], block[1])));
  return radius * std::cos(2.0 * std::numbers::pi * Unit(block[2], block[3]));
}

// Drawn again until it is within two deviations, one draw in twenty.
double TruncatedNormal(const RandomStream& stream, std::uint32_t element) {
  for (std::uint32_t attempt = 0;; ++attempt) {
    const double draw = Normal(stream, attempt, element);
    if (std::abs(draw) <= 2.0) return draw;
  }
}

template <typename Draw>
void Fill(std::span<float> values, double scale, Draw&& draw) {
  for (std::size_t i = 0; i < values.size(); ++i) {
    values[i] = static_cast<float>(scale * draw(static_cast<std::uint32_t>(i)));
  }
}

}  // namespace

void Initialize(InitializerKind kind, std::int64_t fan_in, std::int64_t fan_out, const RandomStream& stream,
                std::span<float> values) {
  const auto in = static_cast<double>(fan_in);
  const auto both = static_cast<double>(fan_in + fan_out);
  const auto uniform = [&](double limit) {
    Fill(values, limit, [&](std::uint32_t i) { return 2.0 * Uniform(stream, i) - 1.0; });
  };
  const auto truncated = [&](double variance) {
    Fill(values, std::sqrt(variance) / kTruncatedDeviation,
         [&](std::uint32_t i) { return TruncatedNormal(stream, i); });
  };
  switch (kind) {
    case InitializerKind::kNormal:
      return Fill(values, kDefaultScale, [&](std::uint32_t i) { return Normal(stream, 0, i); });
    case InitializerKind::kUniform:
      return uniform(kDefaultScale);
    case InitializerKind::kGlorotUniform:
      return uniform(std::sqrt(6.0 / both));
    case InitializerKind::kGlorotNormal:
      return truncated(2.0 / both);
    case InitializerKind::kHeUniform:
      return uniform(std::sqrt(6.0 / in));
    case InitializerKind::kHeNormal:
      return truncated(2.0 / in);
    case InitializerKind::kZeros:
      std::ranges::fill(values, 0.0f);
      return;
    case InitializerKind::kOnes:
      std::ranges::fill(values, 1.0f);
      return;
  }
}

}  // namespace hpsearch::nn
