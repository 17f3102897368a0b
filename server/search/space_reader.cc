#include "server/search/space_reader.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <set>
#include <unordered_set>
#include <utility>

#include "server/model/key_rule.h"
#include "server/model/names.h"
#include "server/model/references.h"
#include "server/search/when_reader.h"

namespace hpsearch::search {
namespace {

using model::Conditions;
using model::Fault;
using model::Join;
using model::Node;
using model::Usage;

// A fault that says what there is compares all names, which a hostile file has many of.
constexpr int kMostExplained = 100;
// Of a parameter: keys in different branches and repetitions that name it.
constexpr std::size_t kMostUses = 512;

bool IsName(const std::string& name) { return model::ReferenceIn(Node("$" + name)) == std::string_view(name); }

}  // namespace

void SpaceReader::CheckUsages(const Node& parameters) {
  std::vector<std::string> names;
  if (parameters.is_mapping()) {
    for (const Node::Entry& entry : parameters.mapping()) names.push_back(entry.key);
  }
  const std::unordered_set<std::string> known(names.begin(), names.end());
  int explained = 0;
  for (const Usage& usage : usages_) {
    if (known.contains(usage.parameter)) continue;
    if (++explained > kMostExplained) names.clear();
    faults_.push_back({usage.path, model::UnknownName("parameter", usage.parameter, names)});
  }
}

void SpaceReader::AddUsages(const Node& parameters) {
  for (const Usage& usage : usages_) by_name_[usage.parameter].push_back(usage);
  std::set<std::pair<std::string, std::string>> added;
  for (const auto& [name, node] : parameters.mapping()) {
    const std::string path = Join("parameters", name);
    std::vector<std::pair<std::string, std::string>> named;
    if (const Node* when = node.Find("when"); when != nullptr && when->is_mapping()) {
      for (const auto& [selector, wanted] : when->mapping()) {
        named.emplace_back(selector, Join(Join(path, "when"), selector));
      }
    }
    if (const Node* per = node.Find("per"); per != nullptr && per->is_text()) {
      named.emplace_back(per->text(), Join(path, "per"));
    }
    for (const auto& use : named) {
      if (by_name_[use.first].empty()) added.insert(use);
    }
  }
  for (const auto& [selector, path] : added) {
    by_name_[selector].push_back(
        {.parameter = selector, .path = path, .rule = {.key = "", .type = model::KeyType::kAny}});
  }
}

SearchSpace SpaceReader::Read(const Node& parameters) {
  const std::size_t before = faults_.size();
  CheckUsages(parameters);
  if (parameters.is_null()) return std::move(space_);
  if (!parameters.is_mapping()) {
    faults_.push_back({"parameters", fmt::format("{}; a mapping of names to values is wanted, such as {{dropout: "
                                                 "{{linspace: {{start: 0, stop: 0.5, num: 6}}}}}}",
                                                 model::Describe(parameters))});
    return std::move(space_);
  }
  if (parameters.mapping().size() > SearchSpace::kMaxParameters) {
    faults_.push_back({"parameters", fmt::format("{} parameters; at most {} are wanted",
                                                 parameters.mapping().size(), SearchSpace::kMaxParameters)});
    return std::move(space_);
  }
  AddUsages(parameters);
  for (const auto& [name, node] : parameters.mapping()) {
    if (!ReadEntry(name, node)) break;
  }
  space_.presences_.resize(space_.parameters_.size());
  if (faults_.size() > before) return std::move(space_);
  for (const auto& [name, node] : parameters.mapping()) {
    const Group group = groups_.at(name);
    Conditions when;
    if (const Node* given = node.Find("when")) {
      model::Faults known;
      const Earlier any = [&](std::string_view selector) -> const Parameter* {
        return &space_.parameters_[groups_.at(std::string(selector)).first];
      };
      when = ReadWhen(*given, "", any, known).conditions;
    }
    const std::size_t so_far = faults_.size();  // what is wrong with one repetition is so with all
    for (std::size_t i = 0; i < group.count && faults_.size() == so_far; ++i) {
      AddPresence(name, when, group.per.empty() ? 0 : static_cast<std::int64_t>(i) + 1);
    }
  }
  return std::move(space_);
}

bool SpaceReader::ReadEntry(const std::string& name, const Node& node) {
  const std::string path = Join("parameters", name);
  const std::vector<Usage>& usages = by_name_[name];
  if (!IsName(name)) {
    faults_.push_back({path,
                       "a parameter's name is a small letter, then small letters, digits and underscores: "
                       "[a-z][a-z0-9_]*",
                       Fault::At::kKey});
  } else if (usages.empty()) {
    faults_.push_back({path,
                       fmt::format("nothing names this parameter; '${}' at a key of model, training or dataset "
                                   "does, or leave it out",
                                   name),
                       Fault::At::kKey});
  }
  Group group = {.first = space_.parameters_.size(), .count = 1, .per = {}};
  group.always = node.Find("when") == nullptr &&
                 std::ranges::any_of(usages, [](const Usage& usage) { return usage.when.empty(); });
  Parameter parameter = Parameter::Read(name, node, usages, faults_);
  Node document = parameter.document();
  if (const Node* when = node.Find("when")) {
    const Earlier earlier = [&](std::string_view selector) -> const Parameter* {
      const auto found = groups_.find(std::string(selector));
      return found == groups_.end() ? nullptr : &space_.parameters_[found->second.first];
    };
    When read = ReadWhen(*when, Join(path, "when"), earlier, faults_);
    if (document.is_mapping()) document.Set("when", std::move(read.document));
  }
  if (const Node* per = node.Find("per")) {
    if (const auto count = MostRepetitions(*per, Join(path, "per"))) {
      group.count = static_cast<std::size_t>(*count);
      group.per = per->text();
      if (document.is_mapping()) document.Set("per", group.per);
    }
  }
  space_.entries_.push_back({name, std::move(document), group.per, group.first, 0});
  for (std::size_t i = 1; i <= group.count; ++i) {
    const std::string own = group.per.empty() ? name : model::NameOfRepetition(name, static_cast<std::int64_t>(i));
    if (!group.per.empty() && (by_name_.contains(own) || space_.Find(own) != nullptr)) {
      faults_.push_back({path,
                         fmt::format("'{}' is one for each repetition, and '{}' is the name of another "
                                     "parameter; another name is wanted",
                                     name, own),
                         Fault::At::kKey});
      return false;
    }
    if (space_.parameters_.size() == SearchSpace::kMaxParameters) {
      faults_.push_back({path, fmt::format("with one for each repetition there are more than {} parameters",
                                           SearchSpace::kMaxParameters)});
      return false;
    }
    space_.parameters_.push_back(group.per.empty() ? parameter : parameter.Named(own));
    ++space_.entries_.back().count;
    places_ += static_cast<std::int64_t>(parameter.places().size());
    if (places_ > SearchSpace::kMaxPlaces) {
      faults_.push_back({path, fmt::format("with its values the parameters have more than {}; fewer are wanted",
                                           SearchSpace::kMaxPlaces)});
      return false;
    }
  }
  groups_.emplace(name, group);
  return true;
}

std::optional<std::int64_t> SpaceReader::MostRepetitions(const Node& per, const std::string& path) {
  const auto found = per.is_text() ? groups_.find(per.text()) : groups_.end();
  if (found == groups_.end() || !found->second.per.empty()) {
    faults_.push_back({path, fmt::format("{}; the parameter in front of this one that counts the repetitions is "
                                         "wanted, without its $",
                                         per.is_text() ? "'" + per.text() + "' is none that stands earlier"
                                                       : model::Describe(per))});
    return std::nullopt;
  }
  const Parameter& counter = space_.parameters_[found->second.first];
  double most = 0;
  for (const Place& place : counter.probes()) {
    const std::optional<double> count = model::NumberIn(counter.At(place));
    // What is no count is a fault at the repetition.
    if (count && *count <= static_cast<double>(SearchSpace::kMaxParameters)) most = std::max(most, *count);
  }
  if (most >= 1) return static_cast<std::int64_t>(most);
  if (!counter.probes().empty()) {
    faults_.push_back({path, fmt::format("{} never is 1 or more; a parameter that counts repetitions is wanted",
                                         counter.name())});
  }
  return std::nullopt;
}

const Parameter* SpaceReader::At(std::string_view name, const Repetitions& repetitions, std::size_t& index) const {
  const Group& group = groups_.at(std::string(name));
  index = group.first;
  if (!group.per.empty()) {
    const auto number = repetitions.find(group.per);
    if (number == repetitions.end()) return nullptr;
    index += static_cast<std::size_t>(number->second - 1);
  }
  return &space_.parameters_[index];
}

std::int64_t SpaceReader::CountOf(const std::string& per) const {
  for (const auto& [name, group] : groups_) {
    if (group.per == per) return static_cast<std::int64_t>(group.count);
  }
  return 0;
}

std::vector<std::string> SpaceReader::Counted(const std::string& name, const Conditions& conditions) const {
  std::set<std::string> counted;
  const auto add = [&](const std::string& parameter) {
    const std::string& per = groups_.at(parameter).per;
    if (!per.empty()) counted.insert(per);
  };
  add(name);
  for (const model::Condition& condition : conditions) add(condition.parameter);
  return {counted.begin(), counted.end()};
}

std::optional<Terms> SpaceReader::TermsOf(const std::string& name, const Conditions& conditions,
                                          const Repetitions& repetitions) {
  Terms terms;
  std::size_t own = 0;
  At(name, repetitions, own);
  for (const model::Condition& condition : conditions) {
    std::size_t index = 0;
    const Parameter* selector = At(condition.parameter, repetitions, index);
    if (selector == nullptr) {
      faults_.push_back({Join("parameters", name),
                         fmt::format("it hangs on '{}', which each repetition has its own of; one that the same "
                                     "'per' counts is wanted",
                                     condition.parameter)});
      return std::nullopt;
    }
    if (selector->probes().size() > kMostDecidingValues) {
      faults_.push_back({Join("parameters", condition.parameter),
                         fmt::format("more than {} values, too many to decide whether '{}' is there",
                                     kMostDecidingValues, name)});
      return std::nullopt;
    }
    Term term(index, *selector, condition);
    if (term.never()) return std::nullopt;
    if (term.always() &&
        (groups_.at(condition.parameter).always || (index < own && space_.presences_[index].always())))
      continue;
    if (index >= own) {
      faults_.push_back({Join("parameters", name),
                         fmt::format("whether it is there, '{}' says, which stands behind it; in front of it is "
                                     "wanted",
                                     condition.parameter),
                         Fault::At::kKey});
      return std::nullopt;
    }
    if (selector->refinable()) {
      faults_.push_back({Join("parameters", condition.parameter),
                         fmt::format("'{}' hangs on this parameter, which is refined; values, or integers, are "
                                     "wanted",
                                     name)});
      return std::nullopt;
    }
    if (std::ranges::find(terms, term) == terms.end()) terms.push_back(std::move(term));
  }
  return terms;
}

void SpaceReader::AddUse(const std::string& name, const Usage& usage, std::int64_t repetition, Presence& presence,
                         bool& always) {
  // Of each repetition that the key is in and something here depends on.
  std::vector<Repetitions> combinations = {{}};
  for (const std::string& per : Counted(name, usage.when)) {
    if (std::ranges::find(usage.repetitions, per) == usage.repetitions.end()) {
      faults_.push_back(
          {usage.path, fmt::format("it hangs on a parameter that each repetition of ${} has its own of, "
                                   "and stands in none of them; repeat: {{times: ${}, layers: [...]}} "
                                   "round it is wanted",
                                   per, per)});
      return;
    }
    const bool own = groups_.at(name).per == per;
    std::vector<Repetitions> more;
    for (const Repetitions& combination : combinations) {
      for (std::int64_t number = own ? repetition : 1; number <= (own ? repetition : CountOf(per)); ++number) {
        more.push_back(combination);
        more.back()[per] = number;
      }
    }
    combinations = std::move(more);
    if (combinations.size() > kMostUses) break;
  }
  for (const Repetitions& combination : combinations) {
    if (presence.uses.size() > kMostUses) {
      faults_.push_back(
          {usage.path, fmt::format("more than {} keys in branches and repetitions name '{}'", kMostUses, name)});
      return;
    }
    Conditions conditions = usage.when;
    for (const auto& [per, number] : combination) {
      conditions.push_back({.parameter = per, .names = {}, .domain = {.low = static_cast<double>(number)}});
    }
    std::optional<Terms> terms = TermsOf(name, conditions, combination);
    if (!terms) continue;
    always = always || terms->empty();
    if (std::ranges::find(presence.uses, *terms) == presence.uses.end())
      presence.uses.push_back(*std::move(terms));
  }
}

void SpaceReader::AddPresence(const std::string& name, const Conditions& when, std::int64_t repetition) {
  const Group& group = groups_.at(name);
  Repetitions own;
  if (repetition > 0) own[group.per] = repetition;
  const std::size_t index = group.first + static_cast<std::size_t>(std::max<std::int64_t>(repetition - 1, 0));
  const std::size_t before = faults_.size();
  Presence presence;
  if (std::optional<Terms> terms = TermsOf(name, when, own)) {
    presence.when = *std::move(terms);
  } else {
    presence.never = true;
  }
  bool always = false;
  for (const Usage& usage : by_name_[name]) {
    if (faults_.size() == before) AddUse(name, usage, repetition, presence, always);
  }
  if (faults_.size() > before) return;
  if (always) {
    presence.uses.clear();
  } else if (presence.uses.empty()) {
    presence.never = true;
  }
  space_.presences_[index] = std::move(presence);
}

}  // namespace hpsearch::search
