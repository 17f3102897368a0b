#include "server/study/point_check.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>

#include "server/model/json.h"
#include "server/model/references.h"
#include "server/model/sections.h"

namespace hpsearch::study {
namespace {

using model::Fault;
using model::Faults;
using model::KeyRule;
using model::KeyType;
using model::Node;
using model::Scalar;
using model::Usage;
using search::Parameter;
using search::SearchSpace;

// Bounds the time that checking takes, whatever is submitted: layers looked at over all points. Where an axis has
// more values than that permits, those at its ends are looked at; a trial that does not fit its data fails by
// itself.
constexpr std::size_t kMostLayerChecks = 100'000;
constexpr std::size_t kPointCost = 4;  // what a point costs beside its layers, in layers

bool SameRule(const KeyRule& a, const KeyRule& b) {
  return a.key == b.key && a.type == b.type && a.domain == b.domain && a.choices == b.choices;
}

void CheckValuesOf(const Parameter& parameter, const Usage& usage, Faults& faults) {
  // Keras's None, at a key that may be left unset.
  const bool may_be_unset = !usage.rule.required && usage.rule.default_value.is_null();
  for (const search::Place& place : parameter.probes()) {
    const Scalar value = parameter.At(place);
    if (may_be_unset && std::holds_alternative<std::monostate>(value)) continue;
    const auto fit = model::Fit(value, usage.rule);
    if (fit.ok()) continue;
    faults.push_back({model::Join("parameters", parameter.name()),
                      fmt::format("{} (at {})", std::string(fit.status().message()), usage.path)});
    return;
  }
}

// Whether the value can make a difference to CheckTogether.
bool MattersTogether(const KeyRule& rule) {
  return rule.type == KeyType::kInteger || rule.type == KeyType::kExtent || rule.type == KeyType::kText ||
         rule.key == "validation_fraction";
}

// Values of a point by parameter; null: not known.
using Values = std::map<std::string, Scalar, std::less<>>;

class PointChecker {
 public:
  PointChecker(const Node& document, const std::vector<Usage>& usages, const model::DatasetShape* shape,
               Faults& faults)
      : document_(document), usages_(usages), shape_(shape), faults_(faults) {}

  // Adds the faults at keys that no point before had faults at.
  void Check(const Values& values, std::string_view varied) {
    const model::Lookup lookup = [&](std::string_view name) -> std::optional<Scalar> {
      const auto value = values.find(name);
      return value == values.end() ? Scalar() : value->second;  // of no parameter: a fault that is known already
    };
    const auto section = [&](const char* key) {
      const Node* node = document_.Find(key);
      return node == nullptr ? Node() : model::Substitute(*node, lookup);
    };
    Faults found;
    const Node model = section("model");
    const Node training = section("training");
    model::CheckTogether(model, training, section("dataset"), shape_, found);
    if (found.empty()) CheckTask(model::TaskOf(model, training), found);
    std::vector<std::string> paths;
    for (Fault& fault : found) {
      paths.push_back(fault.path);
      if (seen_.contains(fault.path)) continue;
      fault.message += Cause(fault.path, values, varied);
      faults_.push_back(std::move(fault));
    }
    seen_.insert(paths.begin(), paths.end());
  }

  std::optional<model::Task> task() const { return task_; }

 private:
  // Trials of both kinds have no objective in common.
  void CheckTask(std::optional<model::Task> task, Faults& found) {
    if (!task_.has_value()) task_ = task;
    if (task == task_ || !task.has_value()) return;
    const bool regression = task == model::Task::kRegression;
    found.push_back(
        {"training.loss", fmt::format("this makes {} of what is {} elsewhere in the study; one of them is wanted",
                                      regression ? "a regression" : "a classification",
                                      regression ? "a classification" : "a regression")});
  }

  // " ($units is 8)", where the key names a parameter, or else where one was varied.
  std::string Cause(const std::string& path, const Values& values, std::string_view varied) const {
    const auto usage =
        std::find_if(usages_.begin(), usages_.end(), [&](const Usage& u) { return u.path == path; });
    const std::string_view parameter = usage != usages_.end() ? std::string_view(usage->parameter) : varied;
    const auto value = values.find(parameter);
    if (value == values.end()) return {};
    return fmt::format(" (${} is {})", parameter, model::ToJson(value->second));
  }

  const Node& document_;
  const std::vector<Usage>& usages_;
  const model::DatasetShape* shape_;
  Faults& faults_;
  std::set<std::string> seen_;
  std::optional<model::Task> task_;
};

// The parameters with several values that matter together.
std::vector<const Parameter*> VariedParameters(const SearchSpace& space, const std::vector<Usage>& usages) {
  std::set<std::string_view> matter;
  for (const Usage& usage : usages) {
    if (MattersTogether(usage.rule)) matter.insert(usage.parameter);
  }
  std::vector<const Parameter*> varied;
  for (const Parameter& parameter : space.parameters()) {
    if (parameter.probes().size() > 1 && matter.contains(parameter.name())) varied.push_back(&parameter);
  }
  return varied;
}

}  // namespace

void CheckValues(const SearchSpace& space, const std::vector<Usage>& usages, Faults& faults) {
  std::map<std::string, std::vector<const KeyRule*>> checked;
  for (const Usage& usage : usages) {
    const Parameter* parameter = space.Find(usage.parameter);
    if (parameter == nullptr || usage.rule.type == KeyType::kAny) continue;
    std::vector<const KeyRule*>& rules = checked[usage.parameter];
    const bool again =
        std::any_of(rules.begin(), rules.end(), [&](const KeyRule* rule) { return SameRule(*rule, usage.rule); });
    if (again) continue;
    rules.push_back(&usage.rule);
    CheckValuesOf(*parameter, usage, faults);
  }
}

std::optional<model::Task> CheckPoints(const Node& document, const SearchSpace& space,
                                       const std::vector<Usage>& usages, const model::DatasetShape* shape,
                                       Faults& faults) {
  Values first;
  for (const Parameter& parameter : space.parameters()) {
    if (!parameter.probes().empty()) first[parameter.name()] = parameter.At(parameter.probes().front());
  }
  PointChecker checker(document, usages, shape, faults);
  checker.Check(first, {});

  const std::vector<const Parameter*> varied = VariedParameters(space, usages);
  const Node* model = document.Find("model");
  if (varied.empty() || model == nullptr || !model->is_sequence()) return checker.task();
  const std::size_t points = kMostLayerChecks / (model->sequence().size() + kPointCost);
  const std::size_t most = std::max<std::size_t>(2, points / varied.size());
  for (const Parameter* parameter : varied) {
    Values values = first;
    const auto& places = parameter->probes();
    for (std::size_t i = 1; i < places.size(); ++i) {
      if (i == most / 2) i = std::max(i, places.size() - most / 2);
      values[parameter->name()] = parameter->At(places[i]);
      checker.Check(values, parameter->name());
    }
  }
  return checker.task();
}

}  // namespace hpsearch::study
