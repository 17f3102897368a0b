#include "server/study/point_check.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>

#include "server/model/json.h"
#include "server/model/references.h"
#include "server/study/conditional_check.h"
#include "server/study/point_checker.h"

namespace hpsearch::study {
namespace {

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

// Each value names a branch.
void CheckBranchesOf(const Parameter& parameter, const Usage& usage, Faults& faults) {
  const std::set<std::string> branches(usage.branches.begin(), usage.branches.end());
  for (const search::Place& place : parameter.probes()) {
    if (branches.contains(model::BranchName(parameter.At(place)))) continue;
    faults.push_back({usage.path, fmt::format("no branch stands for {}, a value of ${}; there are: {}",
                                              model::ToJson(parameter.At(place)), parameter.name(),
                                              fmt::join(usage.branches, ", "))});
    return;
  }
}

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
    const std::vector<std::size_t> indexes = space.IndexesOf(usage.parameter);
    if (indexes.empty()) continue;
    const Parameter* parameter = &space.parameters()[indexes.front()];
    if (!usage.branches.empty()) CheckBranchesOf(*parameter, usage, faults);
    if (usage.rule.type == KeyType::kAny) continue;
    std::vector<const KeyRule*>& rules = checked[usage.parameter];
    const bool again =
        std::any_of(rules.begin(), rules.end(), [&](const KeyRule* rule) { return SameRule(*rule, usage.rule); });
    if (again) continue;
    rules.push_back(&usage.rule);
    CheckValuesOf(*parameter, usage, faults);
  }
}

std::optional<model::Task> CheckPoints(const Node& document, const SearchSpace& space,
                                       const std::vector<Usage>& usages, const ShapeLookup& lookup,
                                       Faults& faults) {
  DatasetShapes shapes(lookup);
  const Node* dataset = document.Find("dataset");
  if (HasConditions(document, space) || (dataset != nullptr && model::HasReferences(*dataset))) {
    return CheckConditionalPoints(document, space, usages, shapes, faults);
  }
  PointChecker::Values first;
  for (const Parameter& parameter : space.parameters()) {
    if (!parameter.probes().empty()) first[parameter.name()] = parameter.At(parameter.probes().front());
  }
  PointChecker checker(document, usages, shapes, nullptr, faults);
  checker.Check(first, {});

  const std::vector<const Parameter*> varied = VariedParameters(space, usages);
  const Node* model = document.Find("model");
  if (varied.empty() || model == nullptr || !model->is_sequence()) return checker.task();
  const std::size_t points = kMostLayerChecks / (model->sequence().size() + kPointCost);
  const std::size_t most = std::max<std::size_t>(2, points / varied.size());
  for (const Parameter* parameter : varied) {
    PointChecker::Values values = first;
    const auto& places = parameter->probes();
    for (std::size_t i = 1; i < places.size(); ++i) {
      if (i == most / 2) i = std::max(i, places.size() - most / 2);
      values[parameter->name()] = parameter->At(places[i]);
      checker.Check(values, {parameter->name()});
    }
  }
  return checker.task();
}

}  // namespace hpsearch::study
