// How a study goes over its space: where in the unit cube its next points lie. Two kinds: a sequence gives each
// number its point, whatever came of others; a sampler learns from the results that it is shown.
//
// Both are pure functions of what they were made with and what they are handed, so that the same study and history
// give the same points on any machine, in any process. They may be used from any thread, one call at a time.
// No errors: settings were checked before (registry.h).
#pragma once

#include <cstdint>
#include <vector>

#include "server/strategy/cube.h"

namespace hpsearch::strategy {

class Sequence {
 public:
  Sequence() = default;
  Sequence(const Sequence&) = delete;
  Sequence& operator=(const Sequence&) = delete;
  virtual ~Sequence() = default;
  // Not settled. Requires: index >= 0. Costs do not grow with the index.
  virtual Coordinates At(std::int64_t index) const = 0;
};

// A trial as a sampler sees it.
struct Observation {
  enum class State {
    kRunning,   // its objective is not known
    kMeasured,  // it ended with an objective, or was stopped early with one
    kDiverged,  // it ended without one, or failed: as bad as can be
  };
  std::int64_t number = 0;  // from 1, ascending in a history
  Coordinates at;           // settled
  State state = State::kRunning;
  double objective = 0;  // of kMeasured: the lower the better, whatever the study's direction
  // Of another study, which this one has begun with: learnt from, and not tried yet.
  bool elsewhere = false;
};

class Sampler {
 public:
  Sampler() = default;
  Sampler(const Sampler&) = delete;
  Sampler& operator=(const Sampler&) = delete;
  virtual ~Sampler() = default;
  // The points of the trials `first`, first + 1, ... (`count` of them), chosen together: settled. What they draw
  // is keyed by the study's seed and their numbers. A sampler may keep what it computed for a history that this
  // one continues; the answer is the one that a new sampler would give.
  virtual std::vector<Coordinates> Suggest(const std::vector<Observation>& history, std::int64_t first,
                                           std::int64_t count) = 0;
};

}  // namespace hpsearch::strategy
