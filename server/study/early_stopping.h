// The rules of a study that end single trials (server/stopping), and what they look at: each open trial's curve of
// the objective's metric, and what completed trials have reached. What a rule says is the study's to carry out.
//
// Owned by one study; the coordinator's strand. Without rules nothing is kept and nothing costs; with them 8 bytes
// for each epoch of open trials, and of completed ones where others are compared with. Errors: the store's, of
// Recall.
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

  Objective objective_;
  stopping::Goal goal_;
  std::vector<std::pair<std::string, std::unique_ptr<stopping::Rule>>> rules_;  // by name, in the file's order
  bool compares_ = false;                                                       // one of them looks at others
  stopping::Others others_;
  std::map<std::int64_t, std::vector<double>> curves_;  // of open trials
};

}  // namespace hpsearch::study
