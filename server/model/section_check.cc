#include "server/model/section_check.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cstdint>
#include <optional>
#include <set>

#include "server/model/canonical_value.h"
#include "server/model/column_check.h"
#include "server/model/dataset_rules.h"
#include "server/model/metric.h"
#include "server/model/names.h"
#include "server/model/references.h"
#include "server/model/training_rules.h"

namespace hpsearch::model {
namespace {

// A worker joins it to a folder.
bool IsFileName(std::string_view name) {
  return name.find('/') == std::string_view::npos && !name.starts_with('.') && name.size() <= 255;
}

void CheckName(Node& dataset, const std::string& path, KeyChecker& checker) {
  Node* name = dataset.Find("name");
  if (name == nullptr || !name->is_text() || IsFileName(name->text())) return;
  checker.Refuse(*name, Join(path, "name"),
                 fmt::format("{} and no name: a folder in the data path is named by up to 255 characters without "
                             "'/', not beginning with '.'; for a folder elsewhere: {{path: ...}}",
                             Describe(*name)));
}

void CheckClasses(Node& dataset, const std::string& path, KeyChecker& checker) {
  Node* classes = dataset.Find("classes");
  if (classes == nullptr || !classes->is_sequence()) return;
  std::set<std::int64_t> seen;
  for (std::size_t i = 0; i < classes->sequence().size(); ++i) {
    const Node& item = classes->sequence()[i];
    const auto* integer = item.is_scalar() ? std::get_if<std::int64_t>(&item.scalar()) : nullptr;
    if (integer == nullptr) return;  // a reference, or a switch: a point says which
    if (!seen.insert(*integer).second) {
      checker.Refuse(*classes, Join(Join(path, "classes"), i),
                     fmt::format("the class {} stands there twice", *integer));
      return;
    }
  }
  if (seen.size() < 2) {
    checker.Refuse(*classes, Join(path, "classes"), "one class alone; at least two are wanted, to be told apart");
  }
}

// Where the data set is: a name, or a path. `missing`: say so, where there is neither.
void CheckPlace(Node& dataset, const std::string& at, bool missing, KeyChecker& checker) {
  CheckName(dataset, at, checker);
  const Node* name = dataset.Find("name");
  Node* path = dataset.Find("path");
  if (name != nullptr && path != nullptr) {
    checker.Add(Join(at, "path"), "a data set has a name or a path, not both; leave one out", Fault::At::kKey);
  } else if (name == nullptr && path == nullptr) {
    if (missing) checker.Add(at, "'name' is missing; the name of a data set is wanted", Fault::At::kKey);
  } else if (path != nullptr && path->is_text() && !(checker.references() && ReferenceIn(*path)) &&
             path->text().find('/') == std::string::npos) {
    // A key without a slash is a name; behind one, nothing is escaped.
    const bool escaped = checker.references() && path->text().starts_with("$$");
    *path = Node("./" + path->text().substr(escaped ? 1 : 0));
  }
}

void CheckDatasetAt(Node& dataset, const std::string& path, KeyChecker& checker) {
  const auto branch = [&](Node& node, const std::string& at) { CheckDatasetAt(node, at, checker); };
  if (checker.CheckBranches(dataset, path, branch)) return;
  const std::size_t before = checker.faults();
  checker.CheckKeys(dataset, DatasetRules(), path);
  if (!dataset.is_mapping()) return;
  const bool keys_fit = checker.faults() == before;
  CheckColumnKeys(dataset, path, checker);
  CheckClasses(dataset, path, checker);
  CheckPlace(dataset, path, keys_fit, checker);
}

// {cross_entropy: {label_smoothing: 0.1}} as the two keys that it stands for.
void SpellOutLoss(Node& training, KeyChecker& checker) {
  Node* loss = training.Find("loss");
  if (loss == nullptr || !loss->is_mapping() || IsSwitch(*loss)) return;
  const KeyTable* rules = checker.CheckKind(*loss, LossRules(), "training.loss");
  if (rules == nullptr) return;
  const Node* smoothing = loss->mapping().front().value.Find("label_smoothing");
  const Node value = smoothing == nullptr ? Node() : *smoothing;
  *loss = Node(rules->name);
  if (value.is_null()) return;
  if (training.Find("label_smoothing") != nullptr) {
    checker.Add("training.label_smoothing", "it stands at the loss already; leave one out", Fault::At::kKey);
  }
  training.Set("label_smoothing", value);
}

// What is wrong with one item of `metrics`; nullopt: nothing.
std::optional<std::string> MetricFault(const Node& item, const KeyChecker& checker) {
  if (checker.references() && ReferenceIn(item)) {
    return fmt::format(
        "a metric that depends on a parameter ({}): all trials of a study have the same; a name is "
        "wanted",
        item.text());
  }
  if (!item.is_text()) {
    return fmt::format("{}; the name of a metric is wanted: {}", Describe(item), fmt::join(MetricNames(), ", "));
  }
  const std::string& name = item.text();
  if (EnumNamed<Metric>(name, MetricNames())) return std::nullopt;
  if (const auto of_part = MetricNamed(name)) {
    const std::string& whole = MetricNames()[static_cast<std::size_t>(of_part->metric)];
    return fmt::format("'{}' is of one part; '{}' is wanted, which gives train_{} and validation_{}", name, whole,
                       whole, whole);
  }
  return UnknownName("metric", name, MetricNames());
}

// Names, each once; in their own order, as any order means the same. None is the same as no key.
void CheckMetrics(Node& training, KeyChecker& checker) {
  Node* metrics = training.Find("metrics");
  if (metrics == nullptr || metrics->is_null()) return;
  if (!metrics->is_sequence()) {
    checker.Refuse(*metrics, "training.metrics",
                   fmt::format("{}; a sequence of metrics is wanted, such as [{}]", Describe(*metrics),
                               metrics->is_text() ? metrics->text() : "accuracy"));
    return;
  }
  Node::Sequence& names = metrics->sequence();
  for (std::size_t i = 0; i < names.size(); ++i) {
    std::optional<std::string> fault = MetricFault(names[i], checker);
    if (!fault && std::find(names.begin(), names.begin() + static_cast<std::ptrdiff_t>(i), names[i]) !=
                      names.begin() + static_cast<std::ptrdiff_t>(i)) {
      fault = fmt::format("'{}' stands there twice", names[i].text());
    }
    if (!fault) continue;
    checker.Refuse(*metrics, Join("training.metrics", i), *std::move(fault));
    return;
  }
  std::ranges::sort(names, {}, [](const Node& name) { return name.text(); });
  if (!names.empty()) return;
  std::erase_if(training.mapping(), [](const Node::Entry& entry) { return entry.key == "metrics"; });
}

// Of the bounds on gradients at most one stands, as in Keras.
void CheckClipping(const Node& optimizer, const std::string& path, KeyChecker& checker) {
  const auto& [kind, body] = optimizer.mapping().front();
  const std::string* first = nullptr;
  for (const std::string& key : ClippingKeys()) {
    if (body.Find(key) == nullptr) continue;
    if (first != nullptr) {
      checker.Add(Join(Join(path, kind), key),
                  fmt::format("'{}' stands beside '{}'; one bound on gradients is wanted", key, *first),
                  Fault::At::kKey);
    }
    first = &key;
  }
}

void CheckOptimizer(Node& optimizer, const std::string& path, KeyChecker& checker) {
  LiftSwitch(optimizer);
  const auto check = [&](Node& branch, const std::string& at) { CheckOptimizer(branch, at, checker); };
  if (checker.CheckBranches(optimizer, path, check)) return;
  if (checker.CheckKind(optimizer, OptimizerRules(), path) != nullptr) CheckClipping(optimizer, path, checker);
}

// nullptr: a switch, or none of the kinds.
const KeyTable* CheckSchedule(Node& schedule, const std::string& path, KeyChecker& checker) {
  LiftSwitch(schedule);
  const auto check = [&](Node& branch, const std::string& at) {
    if (!branch.is_null()) CheckSchedule(branch, at, checker);  // null: none
  };
  if (checker.CheckBranches(schedule, path, check)) return nullptr;
  return checker.CheckKind(schedule, ScheduleRules(), path);
}

// All trials of a study are trained by the same kernels: those of its first lease.
void CheckInstructionSet(Node& training, KeyChecker& checker) {
  const Node* set = training.Find("instruction_set");
  if (set == nullptr || !checker.references()) return;
  const Node* chosen_by = IsSwitch(*set) ? set->Find(kSwitch) : set;
  if (const auto parameter = ReferenceIn(*chosen_by)) {
    checker.Add("training.instruction_set",
                fmt::format("${}: an instruction set that depends on a parameter is not supported yet by this "
                            "version; a value is wanted, one for all trials of the study",
                            *parameter));
  }
}

// They are what is compared: as many of each point.
void CheckReplicates(const Node& training, KeyChecker& checker) {
  const Node* replicates = training.Find("replicates");
  if (replicates == nullptr || !checker.references()) return;
  if (IsSwitch(*replicates) || ReferenceIn(*replicates)) {
    checker.Add("training.replicates",
                "it depends on a parameter; an integer is wanted, the same for all points of the study");
  }
}

}  // namespace

void CheckTraining(Node& training, KeyChecker& checker) {
  SpellOutLoss(training, checker);
  checker.CheckKeys(training, TrainingRules(), "training");
  CheckMetrics(training, checker);
  CheckInstructionSet(training, checker);
  CheckReplicates(training, checker);
  Node* optimizer = training.Find("optimizer");
  if (optimizer != nullptr && !optimizer->is_null()) CheckOptimizer(*optimizer, "training.optimizer", checker);
  Node* schedule = training.Find("schedule");
  if (schedule != nullptr && !schedule->is_null()) {
    const KeyTable* rules = CheckSchedule(*schedule, "training.schedule", checker);
    if (rules != nullptr && rules->name == kConstantSchedule) {
      std::erase_if(training.mapping(), [](const Node::Entry& entry) { return entry.key == "schedule"; });
    }
  }
}

void CheckDataset(Node& dataset, KeyChecker& checker) { CheckDatasetAt(dataset, "dataset", checker); }

}  // namespace hpsearch::model
