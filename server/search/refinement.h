// How a study refines: the `refine` section. A value; pure; from any thread.
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
  // nullopt: there are faults, which were added, with paths at or below "search.refine".
  static std::optional<Refinement> Read(model::Node refine, model::Faults& faults);
  bool operator==(const Refinement&) const = default;
};

}  // namespace hpsearch::search
