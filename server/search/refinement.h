// How a study refines: the `refine` section. A value; pure; from any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "server/model/document.h"
#include "server/model/fault.h"

namespace hpsearch::search {

// How far neighbours lie apart, as a part of the first lattice's step: in lowest terms, above 0.
struct Step {
  std::int64_t numerator = 1, denominator = 1;
  bool operator==(const Step&) const = default;
  bool FinerThan(const Step& other) const;
};

// From coarse to fine, a round after the other.
struct Refinement {
  static constexpr std::int64_t kMaxRounds = 40;
  static constexpr std::int64_t kMinNum = 5;
  static constexpr std::int64_t kMaxNum = 1001;
  static constexpr std::int64_t kMaxAround = 16;
  // `shrink` is a fraction of integers up to this.
  static constexpr std::int64_t kMaxFraction = 1000;
  // The finest step that is exact with the longest axis: the denominator of its part of the first lattice's.
  static constexpr std::int64_t kMaxDivisor = std::int64_t{1} << 40;

  std::int64_t rounds = 1;       // counts the first
  std::int64_t num = kMinNum;    // points an axis; odd
  std::int64_t around = 1;       // how many of the best are centres
  std::optional<double> shrink;  // a step by the last one; unset: 2 / (num - 1), from neighbour to neighbour
  std::vector<std::int64_t>
      epochs;  // of each round's trials, the last for all further ones; none: all that there are
  std::optional<double> min_gain;  // a round that gains less is the last
  // A round that gains no more than the replicates' noise is the last: one standard error of the difference of the
  // two best means.
  bool until_noise = false;

  static constexpr bool IsNum(std::int64_t num) { return kMinNum <= num && num <= kMaxNum && num % 2 == 1; }
  // What a step is multiplied by from round to round.
  Step ratio() const;
  // The next round's, of a box about a centre of that one; nullopt: finer than is exact.
  std::optional<Step> Next(const Step& step) const;
  // Behind so many rounds about centres of the newest one each time.
  std::optional<Step> StepAfter(std::int64_t rounds_more) const;
  // What a trial of that round has, from 1; nullopt: all that training.epochs says.
  std::optional<std::int64_t> EpochsOf(int round) const;
  // Further keys than the first three are said: they count from the first round on.
  bool says_more() const { return shrink || !epochs.empty() || min_gain || until_noise; }
  model::Node Document() const;

  // nullopt: there are faults, which were added, with paths at or below "search.refine".
  static std::optional<Refinement> Read(model::Node refine, model::Faults& faults);
  bool operator==(const Refinement&) const = default;
};

}  // namespace hpsearch::search
