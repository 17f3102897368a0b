// A study's progress on stderr: on a terminal one block that is redrawn, elsewhere plain lines: each new best and
// round, and the trials that finish, at most a line a second.
//
// Threads: OnEvent and Finish from one; a thread of its own redraws the block, so that its clock goes on between
// events. Ownership: borrows the source, which must outlive it. No errors: what cannot be read is not shown.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <cstdio>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "client/cli/study_source.h"

namespace hpsearch::cli {

// What is shown; a plain value, so that it can be drawn without a study.
struct ProgressView {
  store::StudyRow study;
  std::optional<store::TrialRow> best;
  std::map<std::int64_t, store::TrialRow> running;  // by number; `epochs` up to date
  std::int64_t total_rounds = 1;
  double epochs_per_second = 0;
  std::optional<double> seconds_left;
};

// "quickstart: round 1/2, 5/37 trials, 12.3 epochs/s, best 0.1312 (trial 3), 40 s left"
std::string ProgressLine(const ProgressView& view);
// The block: a bar, the rate, the best so far, what runs.
std::vector<std::string> ProgressBlock(const ProgressView& view, int width, bool colour);

class Progress {
 public:
  using Clock = std::function<std::chrono::duration<double>()>;
  static std::chrono::duration<double> SteadyNow();

  // `total_rounds`: the rounds that the study may open. Writes to `stream`, which stays the caller's, at each
  // event; where that is a live terminal, between events too, until Finish.
  Progress(StudySource& source, std::int64_t total_rounds, std::FILE* stream, Clock now = SteadyNow);

  void OnEvent(const WatchEvent& event);
  // Removes the block, so that results follow on clean lines.
  void Finish();

 private:
  // Where the event tells of a best trial that is not shown yet: that one. Reads, and so takes no lock.
  std::optional<store::TrialRow> NewBest(const WatchEvent& event);
  // These require the lock.
  void OnStudy(const store::StudyRow& study, const std::optional<store::TrialRow>& new_best);
  void OnTrial(const store::TrialRow& trial);
  void OnEpoch(const store::EpochRow& epoch);
  void Estimate();
  void Draw();
  void PrintLine(const std::string& line);

  void Tick(const std::stop_token& stop);

  StudySource& source_;
  std::FILE* stream_;
  Clock now_;
  const bool live_;
  std::mutex mutex_;  // of all below; but view_.best is written by OnEvent's thread alone, which reads it without
  ProgressView view_;
  double seconds_told_ = 0, told_at_ = 0;                 // the study's running time, and when it was told
  std::int64_t epochs_planned_ = 0;                       // of a trial; 0: not known yet
  std::optional<std::pair<double, std::int64_t>> begin_;  // when watching began, with the epochs stored then
  double drawn_at_ = -1e9;
  int drawn_lines_ = 0;
  std::condition_variable_any ticked_;
  std::jthread ticker_;  // last: it ends before what it uses
};

}  // namespace hpsearch::cli
