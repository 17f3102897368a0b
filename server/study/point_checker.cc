#include "server/study/point_checker.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "server/model/json.h"
#include "server/model/references.h"
#include "server/model/sections.h"

namespace hpsearch::study {

using model::Fault;
using model::Faults;
using model::KeyType;
using model::Node;
using model::Scalar;
using model::Usage;

namespace {

// The path of a layer as the document has it: "model[2].dense" in a trial's network, "model[1].a[0].dense" there.
void PlaceInDocument(std::string& path, const std::vector<std::string>& sources) {
  constexpr std::string_view kModel = "model[";
  if (!path.starts_with(kModel)) return;
  const std::size_t end = path.find(']');
  const auto layer = static_cast<std::size_t>(std::stoul(path.substr(kModel.size(), end - kModel.size())));
  if (layer < sources.size()) path = "model" + sources[layer] + path.substr(end + 1);
}

// The same of a key of a trial's data set, which may stand in a branch.
void PlaceInDataset(std::string& path, const Node& dataset, const model::Lookup& lookup) {
  constexpr std::string_view kDataset = "dataset";
  if (!path.starts_with(kDataset)) return;
  path = std::string(kDataset) + model::PlaceOf(dataset, std::string_view(path).substr(kDataset.size()), lookup);
}

}  // namespace

bool MattersTogether(const model::KeyRule& rule) {
  return rule.type == KeyType::kInteger || rule.type == KeyType::kExtent || rule.type == KeyType::kText ||
         rule.key == "validation_fraction";
}

std::size_t PointChecker::Check(const Values& values, const std::vector<std::string>& varied) {
  const model::Lookup lookup = [&](std::string_view name) -> std::optional<Scalar> {
    const auto value = values.find(name);
    if (value != values.end()) return value->second;
    if (conditional_ != nullptr) return std::nullopt;
    return Scalar();  // of no parameter: a fault that is known already
  };
  const model::PerRepetition per =
      conditional_ != nullptr ? conditional_->per_repetition() : model::PerRepetition();
  const auto section = [&](const char* key) {
    const Node* node = document_.Find(key);
    return node == nullptr ? model::Resolved() : model::Resolve(*node, lookup, per);
  };
  Faults found;
  model::Resolved model = section("model");
  Node training = section("training").section;
  const Node dataset = section("dataset").section;
  if (conditional_ != nullptr) CheckResolved(model.section, training, found);
  const std::optional<model::DatasetShape> shape = ShapeOf(dataset, found);
  if (found.empty()) {
    model::CheckTogether(model.section, training, dataset, shape ? &*shape : nullptr, found);
    if (found.empty()) CheckTask(model::TaskOf(model.section, training), found);
  }
  std::vector<std::string> paths;
  for (Fault& fault : found) {
    if (conditional_ != nullptr) {
      PlaceInDocument(fault.path, model.sources);
      if (const Node* open = document_.Find("dataset")) PlaceInDataset(fault.path, *open, lookup);
    }
    paths.push_back(fault.path);
    if (seen_.contains(fault.path)) continue;
    fault.message += Cause(fault.path, values, varied);
    faults_.push_back(std::move(fault));
  }
  seen_.insert(paths.begin(), paths.end());
  return model.sources.size();
}

std::optional<model::DatasetShape> PointChecker::ShapeOf(const Node& dataset, Faults& found) {
  if (!last_ || last_->section != dataset) {
    Faults wrong;
    model::DatasetSpec spec = model::ReadDataset(dataset, wrong);
    if (!wrong.empty()) {  // without conditions it is known already
      if (conditional_ != nullptr) found.insert(found.end(), wrong.begin(), wrong.end());
      return std::nullopt;
    }
    last_ = Dataset{dataset, std::move(spec)};
  }
  std::optional<model::DatasetShape> shape = shapes_.Of(last_->spec, found);
  if (!shape || !shape->table) return shape;
  model::CheckTable(last_->spec, *shape, found);
  return std::nullopt;
}

// Trials of both kinds have no objective in common.
void PointChecker::CheckTask(std::optional<model::Task> task, Faults& found) {
  if (!task_.has_value()) task_ = task;
  if (task == task_ || !task.has_value()) return;
  const bool regression = task == model::Task::kRegression;
  found.push_back(
      {"training.loss", fmt::format("this makes {} of what is {} elsewhere in the study; one of them is wanted",
                                    regression ? "a regression" : "a classification",
                                    regression ? "a classification" : "a regression")});
}

// " ($units is 8)"
std::string PointChecker::Cause(const std::string& path, const Values& values,
                                const std::vector<std::string>& varied) const {
  const auto usage = std::ranges::find(usages_, path, &Usage::path);
  std::vector<std::string> parameters = varied;
  if (usage != usages_.end()) {
    if (conditional_ == nullptr) parameters.clear();
    std::erase(parameters, usage->parameter);
    parameters.insert(parameters.begin(), usage->parameter);
  }
  std::string text;
  for (const std::string& parameter : parameters) {
    const auto value = values.find(parameter);
    const bool absent = value == values.end();
    // One that each repetition has its own of has no value under that name.
    if (absent && (conditional_ == nullptr || conditional_->Find(parameter) == nullptr)) continue;
    text += fmt::format("{}${} is {}", text.empty() ? " (" : ", ", parameter,
                        absent ? "absent" : model::ToJson(value->second));
  }
  return text.empty() ? text : text + ")";
}

}  // namespace hpsearch::study
