// What a watch has told of a study's trials, and what it has still to tell, found by looking at them again: for a
// file, which says nothing by itself, and for a stream that was broken off. Whatever was committed between two
// looks, each trial that ends is told once, with all of its epochs before it. Trials get their rows in the order
// of their numbers: what is new is behind the highest number, what changed is among those that had not ended.
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
  // Of an event that came by itself: whether it is news. It counts as told then.
  bool Take(const WatchEvent& event);

 private:
  struct Open {
    std::int64_t epochs = 0;  // told
    bool running = false;     // told as such
  };
  // The numbers behind the highest that is known, with a row that may be older than what Tell reads of it.
  absl::StatusOr<std::map<std::int64_t, store::TrialRow>> Fresh();
  absl::Status TellEpochs(std::int64_t trial, std::int64_t after, const OnEvent& on_event);
  absl::Status TellTrial(const store::TrialRow& row, const OnEvent& on_event);

  StudySource& source_;
  const std::string study_;
  std::map<std::int64_t, Open> open_;  // trials that have not ended, as far as was told
  std::int64_t highest_ = 0;           // number that is known
};

}  // namespace hpsearch::cli
