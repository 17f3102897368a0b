#include "server/model/task_check.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <string>

#include "server/model/canonical_value.h"
#include "server/model/training.h"
#include "server/model/training_rules.h"

namespace hpsearch::model {
namespace {

const char* TextOf(Task task) { return task == Task::kRegression ? "a regression" : "a classification"; }

const std::string* TextAt(const Node* mapping, const char* key) {
  const Node* node = mapping == nullptr || !mapping->is_mapping() ? nullptr : mapping->Find(key);
  return node != nullptr && node->is_text() ? &node->text() : nullptr;
}

void CheckMetrics(const Studied& studied, Task task, Faults& faults) {
  const Node* metrics = studied.training.is_mapping() ? studied.training.Find("metrics") : nullptr;
  if (metrics == nullptr || !metrics->is_sequence()) return;
  for (const Node& item : metrics->sequence()) {
    const auto metric = item.is_text() ? EnumNamed<Metric>(item.text(), MetricNames()) : std::nullopt;
    if (!metric.has_value()) continue;
    if (TaskOf(*metric) != task) {
      faults.push_back({"training.metrics",
                        fmt::format("'{}' is of {}, and this is {}; there are: {}", item.text(),
                                    TextOf(TaskOf(*metric)), TextOf(task), fmt::join(MetricNames(task), ", "))});
    } else if (metric == Metric::kTop5Error && studied.units.has_value() && *studied.units < kTop5Units) {
      faults.push_back({"training.metrics",
                        fmt::format("top5_error of an output of {} units, which are all among the first five; at "
                                    "least {} units are wanted, or the metric left out",
                                    *studied.units, kTop5Units)});
    }
  }
}

// What is of labels alone.
void CheckRegression(const Studied& studied, Faults& faults) {
  if (studied.training.Find("label_smoothing") != nullptr) {
    faults.push_back({"training.label_smoothing",
                      "labels are smoothed in a classification, and this is a regression; leave it out",
                      Fault::At::kKey});
  }
  const std::string* from = TextAt(&studied.training, "validation_from");
  if (from != nullptr && *from == "stratified") {
    faults.push_back({"training.validation_from",
                      "rows are drawn class by class, and a regression has no classes; last or random is wanted"});
  }
  const Node* schedule = studied.training.Find("schedule");
  const Node* plateau =
      schedule == nullptr || !schedule->is_mapping() ? nullptr : schedule->Find("reduce_on_plateau");
  const std::string* monitor = TextAt(plateau, "monitor");
  if (monitor != nullptr && monitor->ends_with("_error")) {
    faults.push_back({"training.schedule.reduce_on_plateau.monitor",
                      fmt::format("{} is of a classification, and this is a regression; validation_loss or "
                                  "train_loss is wanted",
                                  *monitor)});
  }
  if (studied.dataset.is_mapping() && studied.dataset.Find("classes") != nullptr) {
    faults.push_back(
        {"dataset.classes",
         "classes are selected, and a regression learns numbers; leave it out, or end the network with "
         "a softmax",
         Fault::At::kKey});
  }
}

void CheckTargets(const Studied& studied, Task task, Faults& faults) {
  const DatasetShape* shape = studied.shape;
  if (shape == nullptr || shape->table || studied.layers.empty() || !studied.layers.back().has_value()) return;
  const std::string& path = studied.layers.back()->path;
  if (task == Task::kRegression && !shape->numbers) {
    faults.push_back(
        {path,
         fmt::format("the network ends as a regression, and the data set's targets are {} classes; a softmax "
                     "of {} units is wanted at the end",
                     shape->classes, shape->classes)});
  } else if (task == Task::kClassification && shape->classes == 0 && shape->numbers) {
    faults.push_back(
        {path,
         "the network ends as a classification, and the data set's targets are numbers, no classes "
         "(integers or texts, at most 256 of them); a dense layer of one unit with a linear activation "
         "is wanted at the end"});
  }
}

}  // namespace

std::optional<Task> TaskOf(const Outline& layers, const Node& training) {
  if (!training.is_mapping()) return std::nullopt;
  if (const Node* node = training.Find("loss")) {
    const auto loss = node->is_text() ? EnumNamed<Loss>(node->text(), LossNames()) : std::nullopt;
    return loss.has_value() ? std::optional(TaskOf(*loss)) : std::nullopt;
  }
  if (layers.empty() || !layers.back().has_value() || !layers.back()->activation.has_value()) return std::nullopt;
  return TaskOf(LossFor(*layers.back()->activation));
}

void CheckTask(const Studied& studied, Task task, Faults& faults) {
  CheckMetrics(studied, task, faults);
  if (task == Task::kRegression) CheckRegression(studied, faults);
  CheckTargets(studied, task, faults);
}

}  // namespace hpsearch::model
