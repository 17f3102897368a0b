#include "server/model/metric.h"

#include <algorithm>
#include <array>
#include <cstddef>

namespace hpsearch::model {
namespace {

constexpr std::array<std::string_view, 2> kPrefixes = {"train_", "validation_"};

}  // namespace

const std::vector<std::string>& MetricNames() {
  static const std::vector<std::string> names = {"accuracy", "mae", "r2", "rmse", "top5_error"};
  return names;
}

std::vector<std::string> MetricNames(Task task) {
  std::vector<std::string> names;
  for (int i = 0; i < kMetrics; ++i) {
    if (TaskOf(static_cast<Metric>(i)) == task) names.push_back(MetricNames()[static_cast<std::size_t>(i)]);
  }
  return names;
}

Task TaskOf(Metric metric) {
  return metric == Metric::kAccuracy || metric == Metric::kTop5Error ? Task::kClassification : Task::kRegression;
}

const std::string& MetricName(MetricPart part, Metric metric) {
  static const std::vector<std::string> names = [] {
    std::vector<std::string> all;
    for (const std::string_view prefix : kPrefixes) {
      for (const std::string& name : MetricNames()) all.push_back(std::string(prefix) + name);
    }
    return all;
  }();
  return names[static_cast<std::size_t>(part) * kMetrics + static_cast<std::size_t>(metric)];
}

std::optional<PartMetric> MetricNamed(std::string_view name) {
  for (const MetricPart part : {MetricPart::kTrain, MetricPart::kValidation}) {
    for (int i = 0; i < kMetrics; ++i) {
      const auto metric = static_cast<Metric>(i);
      if (MetricName(part, metric) == name) return PartMetric{part, metric};
    }
  }
  return std::nullopt;
}

bool LargerIsBetter(std::string_view name) {
  const std::optional<PartMetric> found = MetricNamed(name);
  return found.has_value() && (found->metric == Metric::kAccuracy || found->metric == Metric::kR2);
}

}  // namespace hpsearch::model
