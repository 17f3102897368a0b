// The `stopping` section of a study: a list of rules. Values; pure; from any thread. No errors but faults.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "server/model/document.h"
#include "server/model/fault.h"
#include "server/stopping/registry.h"
#include "server/stopping/rule.h"

namespace hpsearch::stopping {

struct Section {
  struct Entry {
    const Kind* kind = nullptr;
    model::Node settings;  // canonical
  };
  std::vector<Entry> entries;  // at most one of them a race
  // training.epochs, or the race's own where they depend on a parameter; 0: there is no race, nor need of it.
  std::int64_t epochs = 0;

  // Faults have paths at or below "stopping". Nothing and an empty list are no rules.
  static Section Read(const model::Node& stopping, const Study& study, model::Faults& faults);
  // In its canonical form, a sequence: equal meaning, equal documents.
  model::Node Document() const;

  // Of the race; nullptr: there is none.
  const Entry* race() const;
  bool empty() const { return entries.empty(); }
  // Whether the rules alone leave a study the same for any number of workers.
  bool SameForAnyWorkers() const;
  // "patience, median"
  std::string Names() const;
};

}  // namespace hpsearch::stopping
