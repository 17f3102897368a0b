#include "server/stopping/section.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "server/model/key_check.h"

namespace hpsearch::stopping {
namespace {

using model::Node;

constexpr std::size_t kMostRules = 16;

const model::KindTable& Rules() {
  static const auto* const rules = [] {
    auto* table = new model::KindTable{.what = "stopping rule"};
    for (const Kind& kind : Kinds()) table->kinds.push_back(kind.keys);
    return table;
  }();
  return *rules;
}

// Those of a race; the key is left out where it says what training.epochs does.
std::int64_t TakeEpochs(Node& settings, const Study& study) {
  const std::int64_t epochs = study.epochs ? *study.epochs : IntegerAt(settings, kMaxEpochs);
  if (study.epochs)
    std::erase_if(settings.mapping(), [](const Node::Entry& key) { return key.key == kMaxEpochs; });
  return epochs;
}

}  // namespace

Section Section::Read(const Node& stopping, const Study& study, model::Faults& faults) {
  Section section;
  if (stopping.is_null()) return section;
  model::KeyChecker checker(faults, nullptr);
  if (!stopping.is_sequence()) {
    checker.Add("stopping", fmt::format("{}; a list of rules is wanted, such as - patience: {{epochs: 5}}",
                                        model::Describe(stopping)));
    return section;
  }
  if (stopping.sequence().size() > kMostRules) {
    checker.Add("stopping", fmt::format("{} rules; at most {} may stand", stopping.sequence().size(), kMostRules));
    return section;
  }
  for (std::size_t i = 0; i < stopping.sequence().size(); ++i) {
    Node node = stopping.sequence()[i];
    const std::string path = model::Join("stopping", i);
    const std::size_t before = faults.size();
    const model::KeyTable* keys = checker.CheckKind(node, Rules(), path);
    if (keys == nullptr || faults.size() > before) continue;
    Entry entry{Find(keys->name), std::move(node.mapping().front().value)};
    if (entry.kind->check != nullptr) {
      entry.kind->check(entry.settings, study, model::Join(path, keys->name), faults);
    }
    if (entry.kind->race != nullptr && section.race() != nullptr) {
      checker.Add(model::Join(path, keys->name),
                  fmt::format("it stands beside '{}'; trials run one race", section.race()->kind->keys.name),
                  model::Fault::At::kKey);
      continue;
    }
    if (entry.kind->race != nullptr && faults.size() == before) section.epochs = TakeEpochs(entry.settings, study);
    section.entries.push_back(std::move(entry));
  }
  return section;
}

Node Section::Document() const {
  Node::Sequence rules;
  for (const Entry& entry : entries) {
    rules.emplace_back(Node::Mapping{{entry.kind->keys.name, entry.settings}});
  }
  return rules;
}

const Section::Entry* Section::race() const {
  const auto race = std::ranges::find_if(entries, [](const Entry& entry) { return entry.kind->race != nullptr; });
  return race == entries.end() ? nullptr : &*race;
}

bool Section::SameForAnyWorkers() const {
  return std::ranges::all_of(entries, [](const Entry& entry) { return entry.kind->same_for_any_workers; });
}

std::string Section::Names() const {
  std::string names;
  for (const Entry& entry : entries) names += (names.empty() ? "" : ", ") + entry.kind->keys.name;
  return names;
}

}  // namespace hpsearch::stopping
