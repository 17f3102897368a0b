// What came of a study's trials, round by round, and its best point where points are trained several times;
// counted once: a trial that has ended is not read again, so that asking a million of them after every change
// costs no more than those that still run.
//
// Trials get their rows in the order of their numbers, and what is final stays as it is until the study goes on
// behind its end (`extend`, `refine`); then it is counted anew.
//
// Threads: those of the connection. Errors are thrown (SQLite::Exception), and leave what is counted right. A few
// numbers a round are kept of the studies that were asked for last, and of those trials that had not ended, and
// points that are trained several times.
#pragma once

#include <cstdint>
#include <list>
#include <map>
#include <optional>
#include <set>
#include <string>

#include "server/store/rows.h"
#include "server/store/study_reader.h"
#include "server/study/replicates.h"

namespace hpsearch::store {

struct RoundTally {
  std::int64_t trained = 0;   // have a result of their own
  std::int64_t reused = 0;    // took over another trial's curve
  std::int64_t extended = 0;  // of those: went on from it
  // Where points are trained several times, what stands for the best of them, and their mean.
  std::optional<std::int64_t> best_trial;
  double best_objective = 0;
};

class StudyTallies {
 public:
  // By the round's number; a round without a trial that has ended may be missing. Good until the next call.
  // Requires: there is a study of that id.
  const std::map<std::int64_t, RoundTally>& Rounds(std::int64_t study, Statements& statements);
  // The point that the study's best trial stands for; nullopt: a point is one trial. While trials are extended,
  // every row is read.
  std::optional<PointRow> BestPoint(std::int64_t study, std::int64_t best_trial, Statements& statements);

 private:
  struct Counted {
    std::int64_t study = 0;
    std::string since;  // when it last ended, and what an extension goes back to
    bool minimize = true;
    bool extended = false;        // its trials are, as of then
    std::int64_t read_to = 0;     // the last trial that was looked at
    std::set<std::int64_t> open;  // of those: they had not ended
    study::Replicates points;     // of which trials had not ended
    study::RankedPoints best;     // of those that have, where they are trained several times
    std::map<std::int64_t, RoundTally> rounds;

    void Add(const study::TrialRecord& trial);  // that has ended
  };
  Counted& Count(std::int64_t study, Statements& statements);
  Counted& Find(std::int64_t study, Statements& statements);  // as it was counted last

  std::list<Counted> studies_;  // the one that was asked for last in front
};

}  // namespace hpsearch::store
