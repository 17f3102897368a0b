#include "server/study/objective_check.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <string>
#include <vector>

namespace hpsearch::study {
namespace {

using model::Faults;
using model::MetricPart;
using model::Node;
using model::Task;

// A key of the objective that is given, and not as nothing.
bool IsGiven(const Node& document, const char* key) {
  const Node* objective = document.Find("objective");
  if (objective == nullptr || objective->is_null()) return false;
  if (!objective->is_mapping()) return std::string_view(key) == "metric";  // the shorthand
  const Node* value = objective->Find(key);
  return value != nullptr && !value->is_null();
}

// What may be the objective of a training with these metrics.
std::vector<std::string> Yielded(Task task, const std::vector<model::Metric>& metrics) {
  std::vector<std::string> names;
  for (const MetricPart part : {MetricPart::kValidation, MetricPart::kTrain}) {
    const std::string prefix = part == MetricPart::kTrain ? "train_" : "validation_";
    names.push_back(prefix + "loss");
    if (task == Task::kClassification) names.push_back(prefix + "error");
    for (const model::Metric metric : metrics) names.push_back(MetricName(part, metric));
  }
  return names;
}

// Whether the section's metrics are known: they are not where they are broken.
bool KnowsMetrics(const Node& checked) {
  const Node* training = checked.Find("training");
  if (training == nullptr || !training->is_mapping()) return false;
  const Node* metrics = training->Find("metrics");
  return metrics == nullptr || metrics->is_sequence();
}

}  // namespace

void SetObjective(const Node& document, const Node& checked, std::optional<Task> task, StudySpec& spec,
                  Node& objective, Faults& faults) {
  std::string& metric = spec.objective.metric;
  if (!objective.is_mapping() || objective.Find("metric") == nullptr || objective.Find("metric")->is_null())
    return;
  if (task == Task::kRegression && !IsGiven(document, "metric")) {
    metric = "validation_loss";
    objective.Set("metric", metric);
  }
  if (task.has_value() && KnowsMetrics(checked)) {
    const std::vector<std::string> yielded = Yielded(*task, spec.metrics);
    if (std::ranges::find(yielded, metric) == yielded.end()) {
      const auto named = model::MetricNamed(metric);
      const std::string remedy =
          named.has_value() && TaskOf(named->metric) == *task
              ? fmt::format("training.metrics: [{}] adds it",
                            model::MetricNames()[static_cast<std::size_t>(named->metric)])
              : fmt::format("it is not of {}", task == Task::kRegression ? "a regression" : "a classification");
      faults.push_back({"objective.metric", fmt::format("the training yields no {} ({}); one of {} is wanted",
                                                        metric, remedy, fmt::join(yielded, ", "))});
      return;
    }
  }
  if (model::LargerIsBetter(metric) && !IsGiven(document, "direction")) {
    faults.push_back({"objective.metric",
                      fmt::format("{} is better the larger, and without a direction the least is looked for; "
                                  "{{metric: {}, direction: maximize}} is wanted",
                                  metric, metric)});
  }
}

}  // namespace hpsearch::study
