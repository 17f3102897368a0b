// What a watch has told of a study's trials, and what it has still to tell, found by looking at them again: for a
// file, which says nothing by itself, and for a stream that was broken off. Whatever was committed between two
// looks, and in whatever order a stream tells it, each trial that ends is told once, with all of its epochs before
// it and none of them twice. Trials get their rows in the order of their numbers: what is new is behind the
// highest number, what changed is among those that had not ended.
//
// Threads: one. Ownership: borrows the source, which must outlive it. Errors: the source's.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "client/cli/study_source.h"

namespace hpsearch::cli {

class TrialNews {
 public:
  using OnEvent = std::function<void(const WatchEvent&)>;

  TrialNews(StudySource& source, std::string study) : source_(source), study_(std::move(study)) {}

  // Remembers how it stands: what has ended by now, and the epochs of what has not, are no news.
  absl::Status Begin();
  // Tells what has changed since: a trial that runs now, or waits again; new epochs; a trial that has ended.
  absl::Status Tell(const OnEvent& on_event);
  // Tells an event that came by itself, where it is news; before a trial's end the epochs that did not come yet.
  absl::Status Take(const WatchEvent& event, const OnEvent& on_event);

 private:
  struct Open {
    std::int64_t epochs = 0;  // told
    bool running = false;     // told as such
  };
  // The numbers behind the highest that is known, with a row that may be older than what Tell reads of it.
  absl::StatusOr<std::map<std::int64_t, store::TrialRow>> Fresh();
  // The trials up to this one have rows: those that were not known count as open, until their end is told.
  void Reach(std::int64_t trial);
  // Whether the trial's end was told, or was no news from the beginning.
  bool IsOver(std::int64_t trial) const { return trial <= highest_ && !open_.contains(trial); }
  absl::Status TellEpochs(std::int64_t trial, Open& told, const OnEvent& on_event);
  absl::Status TellTrial(const store::TrialRow& row, const OnEvent& on_event);
  void TakeEpoch(const store::EpochRow& epoch, const OnEvent& on_event);
  absl::Status TakeTrial(const store::TrialRow& row, const OnEvent& on_event);

  StudySource& source_;
  const std::string study_;
  std::map<std::int64_t, Open> open_;  // trials that have not ended, as far as was told
  std::int64_t highest_ = 0;           // number that is known
};

}  // namespace hpsearch::cli
