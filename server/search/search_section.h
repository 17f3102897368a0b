// The `search` section of a study: the strategy that makes the points of round 1, and whether rounds follow. A
// value; pure; from any thread.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "server/model/document.h"
#include "server/model/fault.h"
#include "server/search/place.h"
#include "server/search/refinement.h"
#include "server/strategy/registry.h"

namespace hpsearch::search {

// A strategy that is no grid.
struct Sampling {
  const strategy::Kind* kind = nullptr;  // of the registry
  model::Node settings;                  // canonical: every default written out
  std::int64_t trials = 1;
  std::optional<std::int64_t> batch;  // of a sampler: points chosen together

  const std::string& name() const { return kind->keys.name; }
  // Its points depend on the results of others: they become known one after the other.
  bool learns() const { return kind->make.index() == 1; }
  bool operator==(const Sampling&) const = default;
};

// A point by hand: of each parameter of the space the place that was named, if any.
struct Enqueued {
  std::vector<std::optional<Place>> places;
  model::Node document;  // the values by name, in the parameters' order
  bool operator==(const Enqueued&) const = default;
};

// {} and null are the grid, in the order of its product.
struct Search {
  enum class Order { kProduct, kSpread };
  std::optional<Refinement> refine;
  std::optional<Sampling> sampling = {};     // unset: the grid
  Order order = Order::kProduct;             // of a grid
  std::vector<Enqueued> enqueued = {};       // trained first; read by enqueued.h, since only a space knows them
  std::vector<std::string> warm_start = {};  // names of studies; of a sampler
  // Trials of each point, one behind the other: training.replicates, which the section itself does not say.
  std::int64_t replicates = 1;

  // Faults have paths at or below "search".
  static Search Read(const model::Node& search, model::Faults& faults);
  // The section in its canonical form: equal meaning, equal documents.
  model::Node Document() const;
  // Of the strategy: its key in the section.
  const std::string& name() const;
  // The same trials for any number of workers: whatever does not choose a point from what has ended by then.
  bool SameForAnyWorkers() const { return !sampling || !sampling->learns() || sampling->batch; }
  bool operator==(const Search&) const = default;
};

}  // namespace hpsearch::search
