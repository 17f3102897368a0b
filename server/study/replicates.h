// Points that are trained several times (training.replicates): what becomes of a point once all of its replicates
// have ended, and which points are the best. A point's objective is the mean of its replicates': FAILED ones are
// left out, and where one DIVERGED, was CANCELLED or never began there is none, since the others alone would say
// better of the point than it is. The lowest-numbered trial with a result stands for the point.
//
// Values and small books; pure, owned by who asks, one thread at a time. A book holds open points alone, so that
// costs do not grow with the number of trials. No errors. What comes out does not depend on the order in which
// trials end: sums are taken in the order of their numbers.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "server/study/records.h"

namespace hpsearch::study {

struct PointResult {
  std::int64_t first = 0;    // of the point's trials, by number
  std::int64_t trial = 0;    // that stands for it; 0: none has a result
  std::int64_t results = 0;  // that the mean is of
  std::optional<double> mean;
  std::optional<double> standard_deviation;  // of one replicate, as the results spread; nullopt: of fewer than two
  bool copied = false;                       // all were taken over from an earlier point of the study
  bool failed = false;                       // one has FAILED
  // The first trial of the point that some were taken over from, where none went on from there; 0: there is none.
  std::int64_t origin = 0;

  std::optional<double> standard_error() const;  // of the mean
};

// Of two means' difference, from their own, the noise taken as independent; nullopt: neither says anything of it.
std::optional<double> StandardErrorOfDifference(std::optional<double> a, std::optional<double> b);
// The means lie within two standard errors of their difference. Requires: both have one.
bool CannotBeTold(const PointResult& a, const PointResult& b);

// Those points of a study that are not all at an end, trial by trial.
class Replicates {
 public:
  explicit Replicates(std::int64_t each) : each_(each) {}

  // There are several trials of each point.
  bool stands() const { return each_ > 1; }
  std::int64_t each() const { return each_; }
  // A trial that is in a final state, once or again with what it has now; the result of its point where that is
  // complete now, and is forgotten.
  std::optional<PointResult> Add(const TrialRecord& trial);

 private:
  struct Ended {
    TrialState state = TrialState::kQueued;  // it has not
    std::optional<double> objective;
    std::optional<std::int64_t> copy_of;
    bool went_on = false;  // from an earlier trial's curve
  };
  static PointResult ResultOf(std::int64_t first, const std::vector<Ended>& replicates);

  std::int64_t each_;
  std::map<std::int64_t, std::vector<Ended>> open_;  // by the point's first trial
};

// Which points a study has had before: where a later round has a point again, what FAILED of it is trained anew,
// and the rest taken over. Points come behind those that they took over from, and in any order else. Holds those
// of which a trial FAILED, and those that were taken over in part.
class RepeatedPoints {
 public:
  // It is an earlier point, which has a mean, trained again in part.
  bool Repeats(const PointResult& point);

 private:
  std::map<std::int64_t, std::int64_t> origins_;  // of those in part, where they came from in the end
  std::set<std::int64_t> counted_;                // origins that have a mean without what FAILED
};

// The best points, the best first, ties to the lower number; at most `most`. Copies, whole or but for what FAILED,
// and points without a mean are none of them. Points come as RepeatedPoints wants them.
class RankedPoints {
 public:
  RankedPoints(bool minimize, std::int64_t most) : minimize_(minimize), most_(most) {}

  void Enter(const PointResult& point);
  const std::vector<PointResult>& all() const { return all_; }
  const RepeatedPoints& repeated() const { return repeated_; }

 private:
  bool minimize_;
  std::int64_t most_;
  std::vector<PointResult> all_;
  RepeatedPoints repeated_;
};

// The same of trials that come by number. Holds one open point beside them, whatever the rows say.
class PointRanking {
 public:
  PointRanking(std::int64_t replicates, bool minimize, std::int64_t most)
      : points_(replicates), best_(minimize, most) {}

  void Add(const TrialRecord& trial);  // as Replicates has it
  const RankedPoints& best() const { return best_; }

 private:
  Replicates points_;
  std::int64_t first_ = 0;  // of the point that is open
  RankedPoints best_;
};

}  // namespace hpsearch::study
