#include "server/search/when_reader.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "server/model/json.h"
#include "server/model/key_check.h"
#include "server/model/key_table.h"

namespace hpsearch::search {
namespace {

using model::Condition;
using model::Fault;
using model::Faults;
using model::Join;
using model::Node;

// Of a parameter with values of its own, the one that the text names; nullopt: it has others alone.
std::optional<Scalar> ValueNamed(const Parameter& parameter, const std::string& name) {
  for (const Place& place : parameter.places()) {
    const Scalar value = parameter.At(place);
    if (model::BranchName(value) == name) return value;
  }
  return std::nullopt;
}

class ConditionReader {
 public:
  ConditionReader(const Parameter& parameter, std::string path, Faults& faults)
      : parameter_(parameter), path_(std::move(path)), faults_(faults) {}

  // With what stands in the canonical document.
  std::pair<Condition, Node> Read(const Node& wanted) {
    if (wanted.is_mapping()) return ReadDomain(wanted);
    Condition condition = {.parameter = parameter_.name(), .names = {}, .domain = {}};
    const Node::Sequence alone = {wanted};
    const Node::Sequence& values = wanted.is_sequence() ? wanted.sequence() : alone;
    if (values.empty())
      faults_.push_back({path_, "an empty list; a value of the parameter is wanted, or several"});
    Node::Sequence document;
    for (std::size_t i = 0; i < values.size(); ++i) {
      const std::string at = wanted.is_sequence() ? Join(path_, i) : path_;
      if (!values[i].is_scalar() || values[i].is_null()) {
        faults_.push_back({at, fmt::format("{}; a value of the parameter is wanted", model::Describe(values[i]))});
        continue;
      }
      const std::string name = model::BranchName(values[i].scalar());
      const std::optional<Scalar> value = ValueNamed(parameter_, name);
      // A constant stands for any one value: what hangs on the others is out.
      if (!value && parameter_.places().size() > 1) {
        faults_.push_back({at, fmt::format("{} is no value of {}, so that this never holds; one of its values is "
                                           "wanted",
                                           model::ToJson(values[i]), parameter_.name())});
      }
      condition.names.push_back(name);
      document.emplace_back(value.value_or(values[i].scalar()));
    }
    std::sort(condition.names.begin(), condition.names.end());
    return {std::move(condition), Node(std::move(document))};
  }

 private:
  std::pair<Condition, Node> ReadDomain(Node wanted) {
    const std::size_t before = faults_.size();
    const model::KeyTable keys = {.name = "a condition", .keys = {{.key = "min"}, {.key = "max"}}};
    model::KeyChecker(faults_, nullptr).CheckKeys(wanted, keys, path_);
    Condition condition = {.parameter = parameter_.name(), .names = {}, .domain = {}};
    if (faults_.size() > before) return {std::move(condition), Node()};
    const auto end = [&](const char* key, double& bound) {
      const Node* node = wanted.Find(key);
      if (node != nullptr && node->is_scalar()) bound = model::NumberIn(node->scalar()).value_or(bound);
    };
    end("min", condition.domain.low);
    end("max", condition.domain.high);
    if (wanted.mapping().empty()) {
      faults_.push_back({path_, "neither min nor max stands there; one of them is wanted, or a value"});
    }
    return {std::move(condition), std::move(wanted)};
  }

  const Parameter& parameter_;
  const std::string path_;
  Faults& faults_;
};

}  // namespace

When ReadWhen(const Node& when, const std::string& path, const Earlier& earlier, Faults& faults) {
  When read;
  if (!when.is_mapping() || when.mapping().empty()) {
    faults.push_back(
        {path, fmt::format("{}; a mapping of parameters to their values is wanted, such as {{optimizer: "
                           "sgd}}",
                           when.is_mapping() ? "an empty mapping" : model::Describe(when))});
    return read;
  }
  Node::Mapping document;
  for (const auto& [name, wanted] : when.mapping()) {
    const Parameter* parameter = earlier(name);
    if (parameter == nullptr) {
      faults.push_back(
          {Join(path, name),
           fmt::format("no parameter '{}' stands in front of this one; one that does is wanted", name),
           Fault::At::kKey});
      continue;
    }
    if (parameter->probes().size() > kMostDecidingValues) {
      faults.push_back(
          {Join(path, name), fmt::format("{} has more than {} values, too many to decide what is there", name,
                                         kMostDecidingValues)});
      continue;
    }
    auto [condition, canonical] = ConditionReader(*parameter, Join(path, name), faults).Read(wanted);
    condition.parameter = name;
    read.conditions.push_back(std::move(condition));
    document.push_back({name, std::move(canonical)});
  }
  read.document = Node(std::move(document));
  return read;
}

}  // namespace hpsearch::search
