// What a watcher of a study has yet to be sent: it is told what changed, says what to read next, and makes of what
// was read the events to send. So a slow watcher gets the newest state of what changed, not every step between,
// and a long curve comes in pieces.
//
// Promise: the study's end is the last event, behind every trial's last row. Rows can be read before the event
// that tells of their change has come; so the end counts once it was told, or where the first look found it.
//
// Bound: a client that takes what it is sent, however slowly, is not ended for the pace of the study, until
// kMostBehind times as many trials wait as may change while it takes nothing.
//
// Owned by its stream. Threads: the strand's. No I/O. Errors: RESOURCE_EXHAUSTED of Add.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <vector>

#include "absl/status/status.h"
#include "hpsearch/v1/study_service.pb.h"
#include "server/rpc/study_changes.h"
#include "server/study/event.h"

namespace hpsearch::rpc {

class WatchBacklog {
 public:
  static constexpr std::size_t kMostBehind = 16;
  // `most_changed` trials may change from one look to the next.
  explicit WatchBacklog(std::size_t most_changed) : most_changed_(most_changed) {}

  // RESOURCE_EXHAUSTED: too many trials changed since the last look, or wait in all; all is forgotten then, and
  // nothing more is to be asked of this.
  absl::Status Add(const study::Event& event);
  // Not too many trials changed since the last look, which comes once the look before it was taken.
  bool taking() const { return since_look_ <= most_changed_; }
  // What to read now; nullopt: nothing has changed.
  std::optional<Look> Next();
  // What Next asked for was read; the events to send, in order.
  std::vector<v1::StudyEvent> Take(StudyChanges changes);
  // The end was handed out, and nothing is left.
  bool done() const { return end_taken_ && changed_.empty() && !study_changed_; }

 private:
  const std::size_t most_changed_;
  bool first_ = true;       // the study was not handed out yet
  bool end_told_ = false;   // no change comes behind what was told or, at the first look, found
  bool end_taken_ = false;  // the study's end was handed out
  bool study_changed_ = true;
  std::map<std::int64_t, TrialChange> changed_;
  std::size_t since_look_ = 0;                        // how many of them came behind it
  std::map<std::int64_t, std::int64_t> sent_epochs_;  // by trial: the last that was handed out
  std::deque<std::int64_t> ended_trials_;             // whose entries there are forgotten in time
};

}  // namespace hpsearch::rpc
