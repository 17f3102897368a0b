#include "worker/data/scaling.h"

#include <cmath>
#include <cstddef>

namespace hpsearch::data {
namespace {

Scaling Uniform(std::size_t width, float scale) {
  return {std::vector<float>(width, 0.0F), std::vector<float>(width, scale)};
}

// Calls `add(feature, value)` for each value of the rows, row after row.
template <typename T, typename Add>
void ForEach(const std::vector<T>& features, std::span<const std::uint32_t> rows, std::size_t width, Add add) {
  for (const std::uint32_t row : rows) {
    const T* values = features.data() + std::size_t{row} * width;
    for (std::size_t i = 0; i < width; ++i) add(i, values[i]);
  }
}

// Twice through the rows, so that a large mean does not swallow a small deviation.
template <typename T>
Scaling Standardizing(const std::vector<T>& features, std::span<const std::uint32_t> rows, std::size_t width) {
  const auto count = static_cast<double>(rows.size());
  std::vector<double> mean(width), squares(width);
  ForEach(features, rows, width, [&](std::size_t i, T value) { mean[i] += static_cast<double>(value); });
  for (double& each : mean) each /= count;
  ForEach(features, rows, width, [&](std::size_t i, T value) {
    const double off = static_cast<double>(value) - mean[i];
    squares[i] += off * off;
  });
  Scaling scaling = Uniform(width, 1.0F);
  for (std::size_t i = 0; i < width; ++i) {
    scaling.shift[i] = static_cast<float>(mean[i]);
    // Infinite where the feature is constant: its sum and so its mean are exact, up to 2^29 rows.
    const auto scale = static_cast<float>(1 / std::sqrt(squares[i] / count));
    if (std::isfinite(scale)) scaling.scale[i] = scale;
  }
  return scaling;
}

}  // namespace

std::optional<Scaling> ScalingOf(const Dataset& dataset, std::optional<model::Normalize> normalize,
                                 std::span<const std::uint32_t> rows) {
  const bool bytes = dataset.of_bytes();
  const auto width = static_cast<std::size_t>(dataset.train.elements() / dataset.train.rows());
  switch (normalize.value_or(bytes ? model::Normalize::kUnit : model::Normalize::kNone)) {
    case model::Normalize::kNone:
      return Uniform(width, 1.0F);
    case model::Normalize::kUnit:
      if (bytes) return std::nullopt;
      return Uniform(width, 1.0F / 255.0F);
    case model::Normalize::kStandardize:
      return bytes ? Standardizing(dataset.train.features, rows, width)
                   : Standardizing(dataset.train.values, rows, width);
  }
  return std::nullopt;
}

}  // namespace hpsearch::data
