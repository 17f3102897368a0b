// The trials of a study that run from rung to rung (stopping/race.h), by their rows: how far each is trained
// before it is looked at, and what follows when it comes there. One race a round; what is paused, queued and ended
// over it is the study's to carry out.
//
// Owned by one study; the coordinator's strand. Memory alone: made again from the rows and curves of the round's
// trials. No errors.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "server/stopping/race.h"
#include "server/study/records.h"
#include "server/study/spec.h"

namespace hpsearch::study {

class TrialRace {
 public:
  explicit TrialRace(const StudySpec& spec);

  bool stands() const { return race_.has_value(); }
  // A round begins, of trials that have come nowhere yet.
  void Open(std::int64_t first_trial, std::int64_t trials);
  // Nothing goes on any more.
  void Close() { race_.reset(); }

  // All below require that it stands, and are of trials of the round that was opened last. `most`: the epochs that
  // the trial can have.
  std::int64_t FirstEpochs(std::int64_t trial, std::int64_t most) const;
  // To which a trial goes on that was trained to `planned`.
  std::int64_t NextEpochs(std::int64_t planned, std::int64_t most) const;

  struct Verdict {
    std::vector<std::int64_t> go_on, stop;  // trials
  };
  // The trial is PAUSED, or has ended.
  Verdict Arrive(const TrialRecord& trial);
  // It was taken over, not trained.
  Verdict Withdraw(const TrialRecord& trial);
  // What Arrive and Withdraw had been told of a trial before a restart; Restored behind the last. What the trial
  // was worth at the rung that it came to last; nullopt: nothing, or it came to none.
  std::optional<double> Restore(const TrialRecord& trial, const std::vector<EpochRecord>& epochs);
  void Restored() { race_->Restored(); }

  // Why a PAUSED trial has ended: "asha: not among the best 3 of 9 at 27 epochs".
  std::string WhyStopped(const TrialRecord& trial) const;

 private:
  std::int64_t IndexOf(const TrialRecord& trial) const { return trial.number - first_trial_; }
  int RungOf(const TrialRecord& trial) const;  // that it comes to with the epochs that are planned
  Verdict Numbered(const stopping::Race::Verdict& verdict) const;

  Objective objective_;
  std::string name_;
  stopping::RacePlan plan_;
  std::optional<stopping::Race> race_;
  std::int64_t first_trial_ = 1;
};

}  // namespace hpsearch::study
