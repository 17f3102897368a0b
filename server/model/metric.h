// What `training.metrics` may ask for beside loss and error, and what a training learns: classes or numbers. Their
// formulas stand in worker/train/named_metrics.h. Plain values; names are made at the first call and kept; from
// any thread; no errors.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace hpsearch::model {

enum class Task : std::uint8_t { kClassification, kRegression };

// In the order of their names.
enum class Metric : std::uint8_t { kAccuracy, kMae, kR2, kRmse, kTop5Error };
inline constexpr int kMetrics = 5;

// "accuracy", in the order of Metric.
const std::vector<std::string>& MetricNames();
// Those of a task, in that order.
std::vector<std::string> MetricNames(Task task);
Task TaskOf(Metric metric);

// The part of the data that a metric is of.
enum class MetricPart : std::uint8_t { kTrain, kValidation };

// "train_accuracy", as an objective and a reader know it.
const std::string& MetricName(MetricPart part, Metric metric);
struct PartMetric {
  MetricPart part = MetricPart::kTrain;
  Metric metric = Metric::kAccuracy;
  bool operator==(const PartMetric&) const = default;
};
// nullopt: no such name; loss and error, which every training has, are none.
std::optional<PartMetric> MetricNamed(std::string_view name);
// Of a metric as an objective knows it, loss and error among them.
bool LargerIsBetter(std::string_view name);

// The least output units of which top5_error can say something.
inline constexpr std::int64_t kTop5Units = 5;

}  // namespace hpsearch::model
