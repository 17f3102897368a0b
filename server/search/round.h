// Rounds: what a study runs, from coarse to fine. Round 1 is the grid; each later one is a box (with `around: k`
// up to k of them, a point once) centred on the best trials so far. Trials are numbered through the rounds, so
// that a trial's number alone gives its point. Pure: the same space and centres give the same rounds, which is
// how a restarted coordinator gets its rounds back.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "absl/status/statusor.h"
#include "server/search/search_space.h"

namespace hpsearch::search {

struct Refinement {
  std::int64_t rounds = 1;  // counts the first
  std::int64_t num = 5;     // points an axis; odd, at least 5
  std::int64_t around = 1;  // how many of the best are centres
};

// The `search` section: {} and null are the plain grid.
struct Search {
  std::optional<Refinement> refine;
  static Search Read(const model::Node& search, model::Faults& faults);
};

class Round {
 public:
  int number() const { return number_; }             // from 1
  std::int64_t first_trial() const { return first_trial_; }
  std::int64_t size() const { return size_; }        // trials
  std::int64_t last_trial() const { return first_trial_ + size_ - 1; }
  Point At(std::int64_t index) const;                             // 0 <= index < size()
  std::optional<std::int64_t> IndexOf(const Point& point) const;  // nullopt: not in this round

 private:
  friend class Rounds;
  int number_ = 1;
  std::int64_t first_trial_ = 1;
  std::int64_t size_ = 0;
  std::vector<Box> boxes_;
  std::vector<Place> steps_;  // of each axis in this round, in units of the first lattice's step
};

// All rounds that a study has opened. A value; owned by one study, read and changed on the coordinator's strand.
class Rounds {
 public:
  // Opens round 1. `space` must outlive this. OUT_OF_RANGE: more points than fit 63 bits.
  static absl::StatusOr<Rounds> Open(const SearchSpace& space, const Search& search);

  const std::vector<Round>& rounds() const { return rounds_; }
  const Round& current() const { return rounds_.back(); }
  std::int64_t trials() const { return current().last_trial(); }  // of all rounds so far
  bool last() const;                                              // no further round follows

  // Opens the next round around `centres` (trial numbers, best first, at least one; around.k of them at most are
  // used). A step is the spacing of the round that the centre came from; the new one is 2 * step / (num - 1).
  // Requires: !last(). Where no axis can be refined, the round is that of the one centre point.
  void Refine(const std::vector<std::int64_t>& centres);

  const Round& RoundOf(std::int64_t trial) const;
  Point PointOf(std::int64_t trial) const;
  // The trial of an earlier number with the same point, the lowest; nullopt: there is none, it must be trained.
  std::optional<std::int64_t> FirstEqual(std::int64_t trial) const;

 private:
  const SearchSpace* space_ = nullptr;
  Search search_;
  std::vector<Round> rounds_;
};

// The most trials that all rounds together can take (nullopt: more than fit 63 bits).
std::optional<std::int64_t> MostTrials(const SearchSpace& space, const Search& search);

}  // namespace hpsearch::search
