// The rules of a study that end single trials (server/stopping), and what they look at: each open trial's curve of
// the objective's metric, and what completed trials have reached. What a rule says is the study's to carry out.
//
// Others are compared with by what was trained: where rounds have epochs of their own, a trial goes on from an
// earlier one's curve, and both have its first epochs. Those count once, and the two are one trial among the
// others, with as many epochs as the longer one has. Else the points that refinement stands on, which are the
// best, would count again in each round, and the median would be theirs.
//
// Owned by one study; the coordinator's strand. Without rules nothing is kept and nothing costs; with them 8 bytes
// for each epoch of open trials, and of completed ones where others are compared with; of these a number more each
// where they may be gone on from. No errors.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "server/stopping/others.h"
#include "server/stopping/rule.h"
#include "server/study/curve.h"
#include "server/study/spec.h"
#include "server/study/store.h"

namespace hpsearch::study {

class EarlyStopping {
 public:
  explicit EarlyStopping(const StudySpec& spec);

  bool stands() const { return !rules_.empty(); }
  // Which rule stops the trial behind its last known epoch, and why, "patience: ..."; nullopt: it goes on.
  // `epochs`: the most that the trial can have. Requires: an epoch is known.
  std::optional<std::string> Judge(const OpenTrial& trial, std::int64_t epochs);
  // The trial has come to its end.
  void Ended(const OpenTrial& trial);
  void Forget(std::int64_t trial) { curves_.erase(trial); }

  // What the rules want to know of a study's trials that have ended, of whatever state.
  bool Remembers() const { return compares_; }
  void Remember(const TrialRecord& trial, const std::vector<EpochRecord>& epochs);

 private:
  std::vector<double> CurveOf(const std::vector<EpochRecord>& epochs) const;
  // The first of the trials that went on from one another's curve, up to this one.
  std::int64_t FirstOf(const TrialRecord& trial);

  Objective objective_;
  stopping::Goal goal_;
  std::vector<std::pair<std::string, std::unique_ptr<stopping::Rule>>> rules_;  // by name, in the file's order
  bool compares_ = false;                                                       // one of them looks at others
  bool goes_on_ = false;                                                        // rounds have epochs of their own
  stopping::Others others_;
  std::map<std::int64_t, std::size_t> counted_;         // epochs among the others, by FirstOf
  std::map<std::int64_t, std::int64_t> first_of_;       // trials that have another one's curve, or went on from it
  std::map<std::int64_t, std::vector<double>> curves_;  // of open trials
};

}  // namespace hpsearch::study
