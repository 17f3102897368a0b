#include "worker/train/named_metrics.h"

#include <cmath>

namespace hpsearch::train {
namespace {

bool BeyondTop5(const float* logits, std::int64_t units, std::uint8_t label) {
  const float own = logits[label];
  if (!std::isfinite(own)) return true;
  int larger = 0;
  for (std::int64_t unit = 0; unit < units; ++unit) larger += logits[unit] > own ? 1 : 0;
  return larger >= 5;
}

}  // namespace

double SpreadOf(std::span<const float> targets, std::span<const std::uint32_t> rows) {
  double sum = 0;
  for (const std::uint32_t row : rows) sum += static_cast<double>(targets[row]);
  const double mean = sum / static_cast<double>(rows.size());
  double squares = 0;
  for (const std::uint32_t row : rows) {
    const double off = static_cast<double>(targets[row]) - mean;
    squares += off * off;
  }
  return squares;
}

NamedMetrics::NamedMetrics(std::span<const model::Metric> wanted, std::int64_t units, double spread)
    : wanted_(wanted), units_(units), spread_(spread) {
  for (const model::Metric metric : wanted_) {
    top5_ = top5_ || metric == model::Metric::kTop5Error;
    distances_ = distances_ || TaskOf(metric) == model::Task::kRegression;
  }
}

void NamedMetrics::Add(const float* outputs, const nn::Targets& targets, const nn::LossSum& loss,
                       std::int64_t rows) {
  sums_.rows += rows;
  sums_.mistakes += loss.mistakes;
  if (top5_) {
    for (std::int64_t row = 0; row < rows; ++row) {
      sums_.beyond_top5 += BeyondTop5(outputs + row * units_, units_, targets.labels[row]) ? 1 : 0;
    }
  }
  if (!distances_) return;
  for (std::int64_t i = 0; i < rows * units_; ++i) {
    const double distance = static_cast<double>(outputs[i]) - static_cast<double>(targets.values[i]);
    sums_.absolute += std::abs(distance);
    sums_.squared += distance * distance;
  }
}

double NamedMetrics::ValueOf(model::Metric metric) const {
  const auto rows = static_cast<double>(sums_.rows);
  const auto values = static_cast<double>(sums_.rows * units_);
  switch (metric) {
    case model::Metric::kAccuracy:
      return static_cast<double>(sums_.rows - sums_.mistakes) / rows;
    case model::Metric::kTop5Error:
      return static_cast<double>(sums_.beyond_top5) / rows;
    case model::Metric::kMae:
      return sums_.absolute / values;
    case model::Metric::kRmse:
      return std::sqrt(sums_.squared / values);
    case model::Metric::kR2:
      break;
  }
  if (spread_ == 0) return sums_.squared == 0 ? 1.0 : 0.0;
  return 1 - sums_.squared / spread_;
}

std::vector<double> NamedMetrics::Values() const {
  std::vector<double> values;
  values.reserve(wanted_.size());
  for (const model::Metric metric : wanted_) values.push_back(ValueOf(metric));
  return values;
}

}  // namespace hpsearch::train
