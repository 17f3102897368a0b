#include "server/rpc/watch_backlog.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <utility>

namespace hpsearch::rpc {
namespace {

constexpr std::size_t kTrialsALook = 64;
constexpr std::int64_t kEpochsALook = 10'000;  // some 1 MB
// A row may be read before the events of its last changes come, but not by many trials.
constexpr std::size_t kEndedTrialsKept = 4096;

}  // namespace

absl::Status WatchBacklog::Add(const study::Event& event) {
  study_changed_ = true;  // a trial's change is one of the study's counts
  if (event.ended) end_told_ = true;
  if (event.kind == study::Event::Kind::kStudy) return absl::OkStatus();
  const auto [change, fresh] = changed_.try_emplace(event.trial);
  (event.kind == study::Event::Kind::kTrial ? change->second.row : change->second.epochs) = true;
  if (fresh) ++since_look_;
  const std::size_t most_behind = kMostBehind * most_changed_;
  if (taking() && changed_.size() <= most_behind) return absl::OkStatus();
  changed_.clear();
  return absl::ResourceExhaustedError(
      taking() ? fmt::format("this stream is more than {} changed trials behind; list the trials and watch again",
                             most_behind)
               : fmt::format("more than {} trials changed since this stream last took anything; list the trials "
                             "and watch again",
                             most_changed_));
}

std::optional<Look> WatchBacklog::Next() {
  if (!study_changed_ && changed_.empty()) return std::nullopt;
  const auto end =
      std::next(changed_.begin(), static_cast<std::ptrdiff_t>(std::min(kTrialsALook, changed_.size())));
  Look look{first_ ? Detail::kWhole : Detail::kWithoutSpec, kEpochsALook, {changed_.begin(), end}};
  changed_.erase(changed_.begin(), end);
  since_look_ = 0;
  for (auto& [trial, change] : look.changed) {
    if (const auto sent = sent_epochs_.find(trial); sent != sent_epochs_.end()) change.after = sent->second;
  }
  study_changed_ = false;
  return look;
}

std::vector<v1::StudyEvent> WatchBacklog::Take(StudyChanges changes) {
  for (const auto& [trial, epoch] : changes.last_epochs) sent_epochs_[trial] = epoch;
  for (const std::int64_t trial : changes.ended_trials) ended_trials_.push_back(trial);
  for (; ended_trials_.size() > kEndedTrialsKept; ended_trials_.pop_front()) {
    sent_epochs_.erase(ended_trials_.front());
  }
  for (const auto& [trial, change] : changes.unread) {
    TrialChange& again = changed_[trial];
    again.row |= change.row;
    again.epochs |= change.epochs;
  }
  // Whoever watches an ended study hears of no change any more.
  if (first_ && changes.study_ended && changed_.empty()) end_told_ = true;
  std::vector<v1::StudyEvent> events = std::move(changes.trials);
  if (!first_ && changes.study_ended && !(end_told_ && changed_.empty())) return events;
  first_ = false;
  end_taken_ = changes.study_ended && end_told_;
  if (end_taken_) study_changed_ = false;  // what was read is its last state
  events.push_back(std::move(changes.study));
  return events;
}

}  // namespace hpsearch::rpc
