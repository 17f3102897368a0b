// Rounds: what a study runs, from coarse to fine. Round 1 is the grid, or the points of another strategy; each
// later one is a box (with `around: k` up to k of them, a point once) centred on the best trials so far, or on
// what a user asks for. Trials are numbered through the rounds, a point's replicates one behind the other, so that
// a trial's number alone gives its point and replicate. Pure: the same space and centres give the same rounds,
// which is how a restarted coordinator gets its rounds back.
#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "server/search/box_sequence.h"
#include "server/search/drawn_points.h"
#include "server/search/grid.h"
#include "server/search/search_section.h"
#include "server/search/search_space.h"
#include "server/strategy/spread_order.h"

namespace hpsearch::search {

class Round {
 public:
  int number() const { return number_; }  // from 1
  std::int64_t first_trial() const { return first_trial_; }
  std::int64_t points() const;  // at least 1; of a round that was cut, those that it would have had
  std::int64_t size() const;    // trials; at least 1, where it was not cut
  std::int64_t last_trial() const { return first_trial_ + size() - 1; }
  // So many of its first trials have a known point, all but where a strategy that learns has still to choose it.
  std::int64_t known() const { return drawn_ ? std::min(drawn_->known() * replicates_, size()) : size(); }
  Point At(std::int64_t index) const;  // of a trial; 0 <= index < known()
  std::int64_t ReplicateAt(std::int64_t index) const { return index % replicates_; }
  // The lowest index below `limit` of a trial with that point and replicate; nullopt: it is not in this round, or
  // not known to be.
  std::optional<std::int64_t> IndexOf(const Point& point, std::int64_t limit, std::int64_t replicate = 0) const;
  std::optional<std::int64_t> IndexOf(const Point& point) const { return IndexOf(point, known()); }
  // Of a later round, and the point at the middle of each; of round 1 none.
  const std::vector<Box>& boxes() const { return boxes_.boxes(); }
  const std::vector<Point>& centres() const { return centres_; }

 private:
  friend class Rounds;
  int number_ = 1;
  std::int64_t first_trial_ = 1;
  std::int64_t replicates_ = 1;
  std::shared_ptr<DrawnPoints> drawn_;                  // round 1 of a strategy that is no grid; else nullptr
  std::shared_ptr<const Grid> grid_;                    // round 1 of a grid; else nullptr
  std::shared_ptr<const strategy::SpreadOrder> order_;  // of a grid whose product is not its order; else nullptr
  BoxSequence boxes_;                                   // of the later rounds
  std::vector<Point> centres_;                          // of each box
  std::vector<Step> steps_;                             // of each box, on all its refinable axes alike
  std::optional<std::int64_t> cut_;                     // it ended behind so many trials
};

// All rounds that a study has opened. A value; owned by one study, read and changed on the coordinator's strand.
class Rounds {
 public:
  // Opens round 1. `space` must outlive this and have no faults. OUT_OF_RANGE: all rounds together can have more
  // trials than fit 63 bits, or the last one's places do not. `seed` is the study's.
  static absl::StatusOr<Rounds> Open(const SearchSpace& space, const Search& search, std::int64_t seed);

  const SearchSpace& space() const { return *space_; }
  const std::vector<Round>& rounds() const { return rounds_; }
  const Round& current() const { return rounds_.back(); }
  std::int64_t trials() const { return current().last_trial(); }  // of all rounds so far
  // Those whose points are known: all but where a strategy that learns has still to choose them.
  std::int64_t known() const { return current().first_trial() - 1 + current().known(); }
  // The point of the first trial that is not known. Requires: known() < trials().
  void Choose(Point point) { rounds_.back().drawn_->Choose(std::move(point)); }
  bool last() const;  // no further round follows but by hand

  // Opens the next round around `centres` (trial numbers, best first, at least one; the first `around` different
  // points among them are used). On each refinable axis a box has `num` places from one step below the centre to
  // one above it. The step is the spacing of the round that the centre came from, the finest where several rounds
  // hold the point: a centre that stays the best is looked at ever more closely. Places that are not allowed are
  // left out. An axis stays at the centre's place where it is not refinable, the centre has an `include`d value,
  // or no place of the window is allowed; where all do, the round is that of the one centre point. What is absent
  // from the centre stays so, since what decides it is not refined.
  // Requires: !last(). (Open has seen to it that all rounds are exact.)
  void Refine(const std::vector<std::int64_t>& centres);
  // The same by hand, whatever round this is: about each of these points, with `num` places an axis, by default
  // those that the study says. The current round has ended behind `ended` of its trials. OUT_OF_RANGE: its places
  // would not be exact, or its trials not fit 63 bits; nothing has changed. Requires: 1 to Refinement::kMaxAround
  // points, each once; `num` as the section has it.
  absl::Status RefineByHand(const std::vector<Point>& points, std::optional<std::int64_t> num, std::int64_t ended);
  // Those of them that it would use.
  std::vector<std::int64_t> CentresAmong(const std::vector<std::int64_t>& trials) const;

  // The places that all axes with a grid have in common with all rounds: multiples of this part of a step. Steps
  // of rounds by hand may have no such part that is exact; then it is that of as many rounds as have one.
  std::int64_t finest() const;

  // Require: 1 <= trial <= known().
  const Round& RoundOf(std::int64_t trial) const;
  Point PointOf(std::int64_t trial) const;
  std::int64_t ReplicateOf(std::int64_t trial) const;  // from 0
  // The first of the trials of its point in its round: what tells points apart.
  std::int64_t FirstOfPoint(std::int64_t trial) const { return trial - ReplicateOf(trial); }
  // Earlier trials with the same point and replicate, one a round, the lowest first; none: it must be trained.
  std::vector<std::int64_t> EarlierEqual(std::int64_t trial) const;

 private:
  Rounds(const SearchSpace& space, const Search& search) : space_(&space), search_(search) {}
  // The next round about these points. nullopt: it is not exact.
  std::optional<Round> About(std::vector<Point> points, const Refinement& refinement) const;
  // That of the finest box that holds the point.
  Step StepAt(const Point& point) const;
  // Whether places so far apart are exact.
  bool IsExact(const Step& step) const;
  // nullopt: its places are not exact.
  std::optional<Box> Around(const Point& centre, const Step& step, std::int64_t num) const;
  // The places of a refined axis about its centre.
  std::optional<std::vector<Place>> Window(const Parameter& parameter, const Place& middle, const Step& step,
                                           std::int64_t num) const;

  const SearchSpace* space_ = nullptr;
  Search search_;
  std::vector<Round> rounds_;
};

// The most trials that all rounds together can take (nullopt: more than fit 63 bits).
std::optional<std::int64_t> MostTrials(const SearchSpace& space, const Search& search);

}  // namespace hpsearch::search
