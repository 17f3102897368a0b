// The `search` section of a study: how it goes over its space. Values; pure; from any thread.
#pragma once

#include <cstdint>
#include <optional>

#include "server/model/document.h"
#include "server/model/fault.h"

namespace hpsearch::search {

// From coarse to fine, a round after the other.
struct Refinement {
  static constexpr std::int64_t kMaxRounds = 40;
  static constexpr std::int64_t kMaxNum = 1001;
  static constexpr std::int64_t kMaxAround = 16;
  // The finest step that is exact with the longest axis: the first lattice's, divided by this.
  static constexpr std::int64_t kMaxDivisor = std::int64_t{1} << 40;

  std::int64_t rounds = 1;  // counts the first
  std::int64_t num = 5;     // points an axis; odd, at least 5
  std::int64_t around = 1;  // how many of the best are centres

  // A step of the next round is the step of this one divided by this: 2 * step / (num - 1).
  std::int64_t divisor() const { return (num - 1) / 2; }
  // By how much the first lattice's step is divided after so many divisions; nullopt: by more than kMaxDivisor.
  std::optional<std::int64_t> Divided(std::int64_t divisions) const;
  bool operator==(const Refinement&) const = default;
};

// {} and null are the plain grid.
struct Search {
  std::optional<Refinement> refine;
  // Faults have paths at or below "search".
  static Search Read(const model::Node& search, model::Faults& faults);
  // The section in its canonical form: equal meaning, equal documents.
  model::Node Document() const;
  bool operator==(const Search&) const = default;
};

}  // namespace hpsearch::search
